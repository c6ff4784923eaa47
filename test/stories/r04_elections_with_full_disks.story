# R4. All disks are full, and the leader dies. Nodes with full disks hear votes and heartbeats, and
# write the first entry of a term into the room that they keep in reserve: a leader is elected,
# reads are answered, and members change.

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
set 1 key0 a
       0.056  node 1  is asked (1): SET key0 a (1 bytes)
run 200
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
room all none
run 300
       0.256  node 1  is told that room is low
       0.256  node 2  is told that room is low
       0.256  node 3  is told that room is low
       0.257  node 1  has saved a snapshot of index 3
       0.258  node 2  has saved a snapshot of index 3
       0.260  node 3  has saved a snapshot of index 3
kill 1
       0.556  node 1  is killed
run 3000
       1.577  node 3  is pre-candidate in term 2, leader 0, log up to 3, committed 3
       1.579  node 3  is candidate in term 3, leader 0, log up to 3, committed 3
       1.581  node 2  is follower in term 3, leader 0, log up to 3, committed 3
       1.583  node 3  is leader in term 3, leader 3, log up to 4, committed 3
       1.584  node 2  is follower in term 3, leader 3, log up to 4, committed 3
       1.586  node 3  commits up to 4
status
       3.556  node 1  is down
       3.556  node 2  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
       3.556  node 3  leader in term 3, log up to 4 of term 3, on disk 4, committed 4
get 2 key0
       3.556  node 2  is asked (2): GET key0
run 50
       3.561  node 2  answers (2): done, index 4
       3.561  world   request 2 done: a
start 1
       3.606  node 1  starts: term 2, vote 1, snapshot of 3, log 1 to 3
room 1 none
run 500
       3.606  node 1  is told that room is low
       3.633  node 1  is follower in term 3, leader 3, log up to 4, committed 4
       3.636  node 1  has saved a snapshot of index 4
join 4
       4.106  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
change 2 learn 4
run 500
       4.107  node 3  is leader in term 3, leader 3, log up to 5, committed 4
       4.108  node 1  is follower in term 3, leader 3, log up to 5, committed 4
       4.108  node 2  is follower in term 3, leader 3, log up to 5, committed 4
       4.111  node 3  commits up to 5
       4.112  node 2  answers the operator: done
       4.117  node 3  is leader in term 3, leader 3, log up to 6, committed 5
       4.118  node 4  is learner in term 3, leader 3, log up to 0, committed 0
       4.118  node 1  is follower in term 3, leader 3, log up to 6, committed 5
       4.118  node 2  is follower in term 3, leader 3, log up to 6, committed 5
       4.120  node 3  commits up to 6
       4.120  node 3  node 4 needs a snapshot
       4.135  node 4  has received the snapshot of index 3 from node 3
       4.135  node 4  is learner in term 3, leader 3, log up to 3, committed 3
       4.135  node 4  installs the snapshot of index 3
       4.139  node 4  is learner in term 3, leader 3, log up to 6, committed 6
members 3
       4.606  node 3  members of entry 6, committed: 1 votes,2 votes,3 votes,4 learns
set 2 key0 b
       4.606  node 2  is asked (3): SET key0 b (1 bytes)
del 2 key0
       4.606  node 2  is asked (4): DEL key0
run 6000
       4.608  node 2  answers (3): the disk is nearly full, index 0
       4.608  world   request 3 had no effect and will have none
       4.611  node 3  commits up to 7
       4.612  node 2  answers (4): done, index 7
       4.612  world   request 4 done: 1
status
      10.606  node 1  follower in term 3, log up to 7 of term 3, on disk 7, committed 7
      10.606  node 2  follower in term 3, log up to 7 of term 3, on disk 7, committed 7
      10.606  node 3  leader in term 3, log up to 7 of term 3, on disk 7, committed 7
      10.606  node 4  learner in term 3, log up to 7 of term 3, on disk 7, committed 7
