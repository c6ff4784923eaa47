# R16, T33. A learner has acknowledged entries, and its directory is lost. Then there is a new
# leader, which has not heard of it yet, and so knows of no acknowledgement. The learner is not let
# in under its old id nevertheless: the log binds the id to the lost directory.

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
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
join 4
       0.106  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
change 1 learn 4
run 1000
       0.106  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.107  node 2  is follower in term 2, leader 1, log up to 3, committed 2
       0.107  node 3  is follower in term 2, leader 1, log up to 3, committed 2
       0.109  node 1  commits up to 3
       0.109  node 1  answers the operator: done
       0.128  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.129  node 3  is follower in term 2, leader 1, log up to 4, committed 3
       0.129  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       0.129  node 4  is learner in term 2, leader 1, log up to 4, committed 3
       0.131  node 1  commits up to 4
set 1 key0 a
       1.106  node 1  is asked (1): SET key0 a (1 bytes)
run 50
       1.110  node 1  commits up to 5
       1.110  node 1  answers (1): done, index 5
       1.110  world   request 1 done: OK
members 1
       1.156  node 1  members of entry 4, committed: 1 votes,2 votes,3 votes,4 learns
kill 4
       1.156  node 4  is killed
kill 1
       1.156  node 1  is killed
run 1000
directory 4 lost join
       2.156  node 4  its directory is now emptied
       2.156  node 4  asks to join
run 3000
       2.159  node 4  may not join: a member has this id, but the node that asks has another data directory or an empty one: a node that lost its data has to come back under a new id (raftctl member replace)
       2.455  node 3  is pre-candidate in term 2, leader 0, log up to 5, committed 4
       2.457  node 3  is candidate in term 3, leader 0, log up to 5, committed 4
       2.459  node 2  is follower in term 3, leader 0, log up to 5, committed 4
       2.461  node 3  is leader in term 3, leader 3, log up to 6, committed 4
       2.462  node 2  is follower in term 3, leader 3, log up to 6, committed 4
       2.464  node 3  commits up to 6
members 2
       5.156  node 2  members of entry 4, committed: 1 votes,2 votes,3 votes,4 learns
