// Reports all that a process can find out about its circumstances without native code.
const fs = require('fs');
const os = require('os');

function text(path) {
  try {
    return fs.readFileSync(path, 'utf8');
  } catch (error) {
    return error.code;
  }
}

function descriptor(name) {
  const path = '/proc/self/fd/' + name;
  const status = fs.statSync(path);
  const how = fs.lstatSync(path);
  return {
    link: fs.readlinkSync(path), info: text('/proc/self/fdinfo/' + name), rights: how.mode.toString(8),
    owner: [status.uid, status.gid], mode: status.mode.toString(8),
  };
}

module.exports = async (event, context) => {
  const found = {};
  for (const name of ('maps status limits cgroup mountinfo cmdline environ oom_score_adj oom_score sched timerslack_ns loginuid'
      + ' sessionid uid_map gid_map projid_map setgroups personality coredump_filter autogroup attr/current comm timers stat'
      + ' smaps_rollup arch_status ksm_stat latency patch_state stack syscall wchan timens_offsets cpuset auxv').split(' ')) {
    found[name] = text('/proc/self/' + name);
  }
  for (const name of ['keys', 'key-users', 'mounts', 'net/dev', 'sys/kernel/hostname', 'sys/kernel/random/boot_id']) {
    found['/proc/' + name] = text('/proc/' + name);
  }
  for (const name of ['exe', 'cwd', 'root']) found[name] = fs.readlinkSync('/proc/self/' + name);
  found.ns = Object.fromEntries(fs.readdirSync('/proc/self/ns').sort().map(name => [name, fs.readlinkSync('/proc/self/ns/' + name)]));
  found.fd = {};
  for (const name of fs.readdirSync('/proc/self/fd')) {
    if (fs.existsSync('/proc/self/fd/' + name)) found.fd[name] = descriptor(name);
  }
  found.threads = {};
  for (const task of fs.readdirSync('/proc/self/task').sort((a, b) => a - b)) {
    found.threads[task] = {};
    for (const name of ['status', 'comm', 'sched', 'cgroup', 'oom_score_adj', 'children']) {
      found.threads[task][name] = text(`/proc/self/task/${task}/${name}`);
    }
  }
  found.processes = fs.readdirSync('/proc').filter(name => /^\d+$/.test(name));
  found.ids = { pid: process.pid, ppid: process.ppid, uids: [process.getuid(), process.geteuid()],
    gids: [process.getgid(), process.getegid()], groups: process.getgroups() };
  found.umask = process.umask();
  found.scheduling = [os.getPriority(), os.availableParallelism()];
  found.host = [os.hostname(), os.release(), os.type()];
  return context.status(200).succeed(found);
};
