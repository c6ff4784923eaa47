# T44. The machine of node 3 fails while the next segment of its log is made, at one after the other
# of the operations that this takes: the process ends, and then what was not synced is lost. A segment
# gets its name only when it is complete, so each start finds the log as it was.

nodes 3 segment-bytes=16384
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
die 3 1
set 1 key0 x 9001
       0.106  node 1  is asked (1): SET key0 xxxxxxxxxxxx... (9001 bytes)
run 20
       0.108  node 3  ends: cannot append to /data/wal-0000000000000002.log: Input/output error; the disk reports an error: see the kernel's log
       0.108  node 3  is killed
       0.109  node 1  commits up to 3
       0.109  node 1  answers (1): done, index 3
       0.109  world   request 1 done: OK
power 3
       0.126  node 3  loses its power
run 1100
       1.108  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
       1.123  node 3  is follower in term 2, leader 1, log up to 3, committed 3
die 3 2
set 1 key0 x 9002
       1.226  node 1  is asked (2): SET key0 xxxxxxxxxxxx... (9002 bytes)
run 20
       1.228  node 3  ends: cannot write the header of /data/wal-spare.tmp: Input/output error; the disk reports an error: see the kernel's log
       1.228  node 3  is killed
       1.230  node 1  commits up to 4
       1.230  node 1  answers (2): done, index 4
       1.230  world   request 2 done: OK
power 3
       1.246  node 3  loses its power
run 1100
       2.228  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 3
       2.250  node 3  is follower in term 2, leader 1, log up to 4, committed 4
die 3 3
set 1 key0 x 9003
       2.346  node 1  is asked (3): SET key0 xxxxxxxxxxxx... (9003 bytes)
run 20
       2.348  node 3  ends: cannot prepare /data/wal-spare.tmp: Input/output error; the disk reports an error: see the kernel's log
       2.348  node 3  is killed
       2.350  node 1  commits up to 5
       2.350  node 1  answers (3): done, index 5
       2.350  world   request 3 done: OK
power 3
       2.366  node 3  loses its power
run 1100
       3.348  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 4
       3.368  node 3  is follower in term 2, leader 1, log up to 5, committed 5
die 3 4
set 1 key0 x 9004
       3.466  node 1  is asked (4): SET key0 xxxxxxxxxxxx... (9004 bytes)
run 20
       3.468  node 3  ends: cannot sync /data/wal-spare.tmp: Input/output error; the disk reports an error: see the kernel's log
       3.468  node 3  is killed
       3.470  node 1  commits up to 6
       3.470  node 1  answers (4): done, index 6
       3.470  world   request 4 done: OK
power 3
       3.486  node 3  loses its power
run 1100
       4.468  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 5
       4.483  node 3  is follower in term 2, leader 1, log up to 6, committed 6
die 3 5
set 1 key0 x 9005
       4.586  node 1  is asked (5): SET key0 xxxxxxxxxxxx... (9005 bytes)
run 20
       4.588  node 3  ends: cannot rename /data/wal-spare.tmp: Input/output error; the disk reports an error: see the kernel's log
       4.588  node 3  is killed
       4.590  node 1  commits up to 7
       4.590  node 1  answers (5): done, index 7
       4.590  world   request 5 done: OK
power 3
       4.606  node 3  loses its power
run 1100
       5.588  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 6
       5.602  node 3  is follower in term 2, leader 1, log up to 7, committed 7
status
       5.706  node 1  leader in term 2, log up to 7 of term 2, on disk 7, committed 7
       5.706  node 2  follower in term 2, log up to 7 of term 2, on disk 7, committed 7
       5.706  node 3  follower in term 2, log up to 7 of term 2, on disk 7, committed 7
get 3 key0
       5.706  node 3  is asked (6): GET key0
run 50
       5.711  node 3  answers (6): done, index 7
       5.711  world   request 6 done: xxxx... (9005 bytes)
