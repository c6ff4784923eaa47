# R12. The disk of the leader has damaged an entry that only the log on that disk holds. The leader
# notices it when a node that was down needs the entry. The damaged entry is not sent: the node gets
# the snapshot of the leader's state that is to take the place of the damaged log, together with a
# new log after it. Here the disk of the leader hangs, so that this takes some seconds. Meanwhile the
# leader hands over to a voter whose log is intact. When that one is gone, nobody is elected: the
# member with the damaged log votes for nobody until its new log is durable.

nodes 3 log-memory-bytes=600
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 20
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
kill 3
       0.076  node 3  is killed
set 1 key0 value0 600
       0.076  node 1  is asked (1): SET key0 vvvvvvvvvvvv... (600 bytes)
run 20
       0.079  node 1  commits up to 3
       0.079  node 1  answers (1): done, index 3
       0.079  world   request 1 done: OK
set 1 key1 value1 600
       0.096  node 1  is asked (2): SET key1 vvvvvvvvvvvv... (600 bytes)
run 20
       0.099  node 1  commits up to 4
       0.099  node 1  answers (2): done, index 4
       0.099  world   request 2 done: OK
set 1 key2 value2 600
       0.116  node 1  is asked (3): SET key2 vvvvvvvvvvvv... (600 bytes)
run 20
       0.120  node 1  commits up to 5
       0.120  node 1  answers (3): done, index 5
       0.120  world   request 3 done: OK
set 1 key3 value3 600
       0.136  node 1  is asked (4): SET key3 vvvvvvvvvvvv... (600 bytes)
run 20
       0.140  node 1  commits up to 6
       0.140  node 1  answers (4): done, index 6
       0.140  world   request 4 done: OK
set 1 key4 value4 600
       0.156  node 1  is asked (5): SET key4 vvvvvvvvvvvv... (600 bytes)
run 20
       0.160  node 1  commits up to 7
       0.160  node 1  answers (5): done, index 7
       0.160  world   request 5 done: OK
set 1 key5 value5 600
       0.176  node 1  is asked (6): SET key5 vvvvvvvvvvvv... (600 bytes)
run 20
       0.179  node 1  commits up to 8
       0.179  node 1  answers (6): done, index 8
       0.179  world   request 6 done: OK
rot 1 log
       0.196  node 1  its log rots at offset 25236 of segment 1, near index 5
stall 1 5000
start 3
       0.196  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
run 2500
       0.221  node 3  is follower in term 2, leader 1, log up to 2, committed 2
       0.222  node 1  /data/wal-0000000000000001.log is damaged at offset 24576: the checksum of a batch is wrong; the entry at index 5 cannot be read back: check the disk
       0.222  node 1  is leader in term 2, leader 1, log up to 8, committed 8
       0.222  node 1  has a damaged log, and does not vote
       0.225  node 1  has saved a snapshot of index 8
       0.227  node 1  node 3 needs a snapshot
       0.240  node 3  has received the snapshot of index 8 from node 1
       0.240  node 3  is follower in term 2, leader 1, log up to 8, committed 8
       0.240  node 3  installs the snapshot of index 8
       2.056  node 1  is leader in term 2, leader 1, log up to 8, committed 8
       2.057  node 2  is candidate in term 3, leader 0, log up to 8, committed 8
       2.059  node 1  is follower in term 3, leader 0, log up to 8, committed 8
       2.059  node 3  is follower in term 3, leader 0, log up to 8, committed 8
       2.061  node 2  is leader in term 3, leader 2, log up to 9, committed 8
       2.062  node 3  is follower in term 3, leader 2, log up to 9, committed 8
       2.062  node 1  is follower in term 3, leader 2, log up to 9, committed 8
       2.065  node 2  commits up to 9
status
       2.696  node 1  follower in term 3, log up to 9 of term 3, on disk 8, committed 9
       2.696  node 2  leader in term 3, log up to 9 of term 3, on disk 9, committed 9
       2.696  node 3  follower in term 3, log up to 9 of term 3, on disk 9, committed 9
kill 2
       2.696  node 2  is killed
run 2300
       4.012  node 1  is follower in term 3, leader 0, log up to 9, committed 9
       4.500  node 3  is pre-candidate in term 3, leader 0, log up to 9, committed 9
status
       4.996  node 1  follower in term 3, log up to 9 of term 3, on disk 8, committed 9
       4.996  node 2  is down
       4.996  node 3  pre-candidate in term 3, log up to 9 of term 3, on disk 9, committed 9
run 2000
       5.223  node 1  is follower in term 3, leader 0, log up to 9, committed 9
       5.223  node 1  has mended its log, and votes again
       6.148  node 1  is pre-candidate in term 3, leader 0, log up to 9, committed 9
       6.150  node 1  is candidate in term 4, leader 0, log up to 9, committed 9
       6.152  node 3  is follower in term 4, leader 0, log up to 9, committed 9
       6.154  node 1  is leader in term 4, leader 1, log up to 10, committed 9
       6.155  node 3  is follower in term 4, leader 1, log up to 10, committed 9
       6.157  node 1  commits up to 10
status
       6.996  node 1  leader in term 4, log up to 10 of term 4, on disk 10, committed 10
       6.996  node 2  is down
       6.996  node 3  follower in term 4, log up to 10 of term 4, on disk 10, committed 10
set 1 key0 after
       6.996  node 1  is asked (7): SET key0 after (5 bytes)
run 50
       7.000  node 1  commits up to 11
       7.000  node 1  answers (7): done, index 11
       7.000  world   request 7 done: OK
