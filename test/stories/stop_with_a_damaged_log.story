# The disk of node 1, the only voter, has damaged an entry in the middle of its log. Node 1 is asked
# to stop just when it notices. It stays until a snapshot and a new log after it have replaced the
# damaged log: the next start would refuse that one, and nobody else has the data.

nodes 1 log-memory-bytes=600
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.001  node 1  is leader in term 2, leader 1, log up to 2, committed 0
       0.002  node 1  commits up to 2
elect 1
run 20
join 2
       0.070  node 2  starts: term 0, vote 0, snapshot of 0, log 1 to 0
change 1 learn 2
run 500
       0.070  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.071  node 1  commits up to 3
       0.071  node 1  answers the operator: done
       0.077  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.078  node 1  commits up to 4
       0.078  node 2  is learner in term 2, leader 1, log up to 4, committed 3
kill 2
       0.570  node 2  is killed
set 1 key0 value0 300
       0.570  node 1  is asked (1): SET key0 vvvvvvvvvvvv... (300 bytes)
run 20
       0.571  node 1  commits up to 5
       0.571  node 1  answers (1): done, index 5
       0.571  world   request 1 done: OK
set 1 key1 value1 300
       0.590  node 1  is asked (2): SET key1 vvvvvvvvvvvv... (300 bytes)
run 20
       0.591  node 1  commits up to 6
       0.591  node 1  answers (2): done, index 6
       0.591  world   request 2 done: OK
set 1 key2 value2 300
       0.610  node 1  is asked (3): SET key2 vvvvvvvvvvvv... (300 bytes)
run 20
       0.611  node 1  commits up to 7
       0.611  node 1  answers (3): done, index 7
       0.611  world   request 3 done: OK
set 1 key3 value3 300
       0.630  node 1  is asked (4): SET key3 vvvvvvvvvvvv... (300 bytes)
run 20
       0.631  node 1  commits up to 8
       0.631  node 1  answers (4): done, index 8
       0.631  world   request 4 done: OK
set 1 key4 value4 300
       0.650  node 1  is asked (5): SET key4 vvvvvvvvvvvv... (300 bytes)
run 20
       0.651  node 1  commits up to 9
       0.651  node 1  answers (5): done, index 9
       0.651  world   request 5 done: OK
set 1 key5 value5 300
       0.670  node 1  is asked (6): SET key5 vvvvvvvvvvvv... (300 bytes)
run 20
       0.671  node 1  commits up to 10
       0.671  node 1  answers (6): done, index 10
       0.671  world   request 6 done: OK
rot 1 log
       0.690  node 1  its log rots at offset 32976 of segment 1, near index 7
start 2
       0.690  node 2  starts: term 2, vote 0, snapshot of 0, log 1 to 4
run 31
       0.718  node 2  is learner in term 2, leader 1, log up to 4, committed 4
       0.720  node 1  /data/wal-0000000000000001.log is damaged at offset 32768: the checksum of a batch is wrong; the entry at index 7 cannot be read back: check the disk
       0.720  node 1  is leader in term 2, leader 1, log up to 10, committed 10
       0.720  node 1  has a damaged log, and does not vote
stop 1
       0.721  node 1  is asked to stop
run 500
       0.722  node 1  has saved a snapshot of index 10
       0.722  node 1  is leader in term 2, leader 1, log up to 10, committed 10
       0.722  node 1  has mended its log, and votes again
       0.722  node 1  stops
       0.722  node 1  is follower in term 2, leader 0, log up to 10, committed 10
run 3000
       1.722  node 1  starts: term 2, vote 1, snapshot of 10, log 11 to 10
       1.722  node 1  is candidate in term 3, leader 0, log up to 10, committed 10
       1.723  node 1  is leader in term 3, leader 1, log up to 11, committed 10
       1.724  node 1  commits up to 11
       1.752  node 2  is learner in term 3, leader 1, log up to 6, committed 6
       1.754  node 1  node 2 needs a snapshot
       1.767  node 2  has received the snapshot of index 10 from node 1
       1.767  node 2  is learner in term 3, leader 1, log up to 10, committed 10
       1.767  node 2  installs the snapshot of index 10
status
       4.221  node 1  leader in term 3, log up to 11 of term 3, on disk 11, committed 11
       4.221  node 2  learner in term 3, log up to 11 of term 3, on disk 11, committed 11
