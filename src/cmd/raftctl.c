/*
 * The operator's tool: main() of raftctl.
 */
#include <stdio.h>

int main(void)
{
    puts("raftctl " PACKAGE_VERSION);
    return 0;
}
