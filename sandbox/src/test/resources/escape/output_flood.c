/* Prints without end: lines on one side, one endless line on the other. */
#include "attack.h"

int main(void) {
    char lines[65536], line[65536];
    memset(line, 'x', sizeof line);
    for (size_t i = 0; i < sizeof lines; i++) lines[i] = i % 8 == 7 ? '\n' : 'y';
    if (fork())
        for (;;) (void)!write(1, lines, sizeof lines);
    for (;;) (void)!write(2, line, sizeof line);
}
