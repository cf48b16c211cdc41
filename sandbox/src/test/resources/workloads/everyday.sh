# What ordinary programs and shell scripts do, in the current directory; stops at the first thing that does not work.
set -euo pipefail
test "$(seq 1 100 | sort -rn | awk 'NR <= 3 { s += $1 } END { print s }')" = 297
echo pipes

mkdir -p a/b
touch a/b/{1,2,3}
cp -a a c
ln -s a/b link
mkfifo pipe
mv c d
tar -czf a.tar.gz a d link
mkdir out
tar -xzf a.tar.gz -C out
diff -r a out/a
find a d -type f -print0 | xargs -0 sha256sum > sums
sha256sum --quiet -c sums
stat -c %s sums > /dev/null
du -s . > /dev/null
df . > /dev/null
sync sums
xz -T2 < sums | xz -d | cmp - sums
dd if=/dev/zero of=zero bs=64k count=4 status=none
truncate -s 1M zero
chmod -R u+rwX,go-w a
install -m 755 sums installed
sed -i s/a/b/ sums
echo files

sleep 5 &
job=$!
kill "$job"
status=0
wait "$job" || status=$?
test "$status" = 143
status=0
(trap 'exit 4' TERM; kill $BASHPID; sleep 5) || status=$?
test "$status" = 4
timeout 5 true
nice -n 5 true
ulimit -c 0
cat < <(echo process substitution) > /dev/null
flock sums true
setsid true
nohup true 2> /dev/null
echo jobs

id > /dev/null
date > /dev/null
uname -a > /dev/null
ps -e > /dev/null
env > /dev/null
nproc > /dev/null
perl -e 'my $child = fork; exit 0 unless $child; waitpid $child, 0; exit $? >> 8'
find /usr/share -maxdepth 2 -name '*.txt' > /dev/null
ls -laR /etc/alternatives > /dev/null
echo tools
