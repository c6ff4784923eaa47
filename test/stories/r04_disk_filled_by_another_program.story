# R4. Another program fills all disks to the last byte. The room that each node holds for this is
# left: a new leader writes the first entry of its term, a key is deleted, and each node saves the
# snapshot that lets its log shrink. Only commands that need more room are refused. A node that
# starts on such a disk comes back.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 200
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
set 1 key0 a
       0.256  node 1  is asked (1): SET key0 a (1 bytes)
set 1 key1 b
       0.256  node 1  is asked (2): SET key1 b (1 bytes)
run 100
       0.259  node 1  commits up to 4
       0.259  node 1  answers (1): done, index 3
       0.259  node 1  answers (2): done, index 4
       0.259  world   request 1 done: OK
       0.259  world   request 2 done: OK
room all filled
run 500
       0.356  node 1  is told that room is low
       0.356  node 3  is told that room is low
       0.356  node 2  is told that room is low
       0.359  node 2  has saved a snapshot of index 2
       0.360  node 3  has saved a snapshot of index 2
       0.360  node 1  has saved a snapshot of index 4
set 1 key2 c
       0.856  node 1  is asked (3): SET key2 c (1 bytes)
run 100
       0.856  node 1  answers (3): the disk is nearly full, index 0
       0.856  world   request 3 had no effect and will have none
kill 1
       0.956  node 1  is killed
run 3000
       2.117  node 2  is pre-candidate in term 2, leader 0, log up to 4, committed 4
       2.119  node 2  is candidate in term 3, leader 0, log up to 4, committed 4
       2.121  node 3  is follower in term 3, leader 0, log up to 4, committed 4
       2.123  node 2  is leader in term 3, leader 2, log up to 5, committed 4
       2.124  node 3  is follower in term 3, leader 2, log up to 5, committed 4
       2.127  node 2  commits up to 5
del 2 key0
       3.956  node 2  is asked (4): DEL key0
run 200
       3.960  node 2  commits up to 6
       3.960  node 2  answers (4): done, index 6
       3.960  world   request 4 done: 1
get 2 key0
       4.156  node 2  is asked (5): GET key0
run 100
       4.158  node 2  answers (5): done, index 6
       4.158  world   request 5 done: nothing
start 1
       4.256  node 1  starts: term 2, vote 1, snapshot of 4, log 1 to 4
run 1000
       4.256  node 1  is told that room is low
       4.269  node 1  is follower in term 3, leader 2, log up to 6, committed 6
       4.270  node 1  has saved a snapshot of index 6
del 1 key1
       5.256  node 1  is asked (6): DEL key1
run 200
       5.261  node 2  commits up to 7
       5.262  node 1  answers (6): done, index 7
       5.262  world   request 6 done: 1
status
       5.456  node 1  follower in term 3, log up to 7 of term 3, on disk 7, committed 7
       5.456  node 2  leader in term 3, log up to 7 of term 3, on disk 7, committed 7
       5.456  node 3  follower in term 3, log up to 7 of term 3, on disk 7, committed 7
room all enough
run 500
       5.456  node 1  has room again
       5.456  node 3  has room again
       5.456  node 2  has room again
set 2 key2 c
       5.956  node 2  is asked (7): SET key2 c (1 bytes)
run 200
       5.959  node 2  commits up to 8
       5.959  node 2  answers (7): done, index 8
       5.959  world   request 7 done: OK
