/*
 * The daemon: main() of raftd.
 */
#include <stdio.h>

int main(void)
{
    puts("raftd " PACKAGE_VERSION);
    return 0;
}
