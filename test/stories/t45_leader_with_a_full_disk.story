# T45. The disks of nodes 1 and 2 have less than the reserve. Leader 1, which has the highest
# priority, hands over to node 3, and the cluster takes commands again. Leadership does not drift back
# while the disk is full, stays where it is when all disks are, and returns when node 1 has room.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
options 1 priority=9
options 2 priority=5
kill 1
       0.050  node 1  is killed
kill 2
       0.050  node 2  is killed
start 1
       0.050  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
start 2
       0.050  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
run 100
elect 1
       0.150  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.152  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.154  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.154  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.156  node 1  is leader in term 2, leader 1, log up to 2, committed 0
room 1 low
room 2 low
run 4000
       0.156  node 2  is told that room is low
       0.156  node 1  is told that room is low
       0.157  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.157  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.159  node 1  commits up to 2
       0.164  node 1  has saved a snapshot of index 2
       0.262  node 2  has saved a snapshot of index 2
       2.156  node 1  is leader in term 2, leader 1, log up to 2, committed 2
       2.157  node 3  is candidate in term 3, leader 0, log up to 2, committed 2
       2.159  node 2  is follower in term 3, leader 0, log up to 2, committed 2
       2.159  node 1  is follower in term 3, leader 0, log up to 2, committed 2
       2.161  node 3  is leader in term 3, leader 3, log up to 3, committed 2
       2.162  node 1  is follower in term 3, leader 3, log up to 3, committed 2
       2.162  node 2  is follower in term 3, leader 3, log up to 3, committed 2
       2.164  node 3  commits up to 3
status
       4.156  node 1  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
       4.156  node 2  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
       4.156  node 3  leader in term 3, log up to 3 of term 3, on disk 3, committed 3
set 1 key0 a
       4.156  node 1  is asked (1): SET key0 a (1 bytes)
run 12000
       4.160  node 3  commits up to 4
       4.161  node 1  answers (1): done, index 4
       4.161  world   request 1 done: OK
status
      16.156  node 1  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
      16.156  node 2  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
      16.156  node 3  leader in term 3, log up to 4 of term 3, on disk 4, committed 4
room 3 low
run 12000
      16.156  node 3  is told that room is low
      16.158  node 3  has saved a snapshot of index 4
status
      28.156  node 1  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
      28.156  node 2  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
      28.156  node 3  leader in term 3, log up to 4 of term 3, on disk 4, committed 4
room 1 enough
run 12000
      28.156  node 1  has room again
      28.163  node 3  is leader in term 3, leader 3, log up to 4, committed 4
      28.164  node 1  is candidate in term 4, leader 0, log up to 4, committed 4
      28.166  node 2  is follower in term 4, leader 0, log up to 4, committed 4
      28.166  node 3  is follower in term 4, leader 0, log up to 4, committed 4
      28.168  node 1  is leader in term 4, leader 1, log up to 5, committed 4
      28.169  node 3  is follower in term 4, leader 1, log up to 5, committed 4
      28.169  node 2  is follower in term 4, leader 1, log up to 5, committed 4
      28.172  node 1  commits up to 5
status
      40.156  node 1  leader in term 4, log up to 5 of term 4, on disk 5, committed 5
      40.156  node 2  follower in term 4, log up to 5 of term 4, on disk 5, committed 5
      40.156  node 3  follower in term 4, log up to 5 of term 4, on disk 5, committed 5
