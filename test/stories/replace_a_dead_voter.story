# Voter 3 is dead and is replaced by node 4: node 4 learns, and when it has caught up it becomes a
# voter in the same change in which node 3 goes. Then node 4 counts: with it and the leader the
# cluster goes on without node 2.

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
kill 3
       0.106  node 3  is killed
join 4
       0.106  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
run 50
change 1 replace 3 4
run 1500
       0.156  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.157  node 2  is follower in term 2, leader 1, log up to 3, committed 2
       0.160  node 1  commits up to 3
       0.160  node 1  answers the operator: done
       0.196  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.197  node 4  is learner in term 2, leader 1, log up to 4, committed 3
       0.197  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       0.199  node 1  commits up to 4
       0.458  node 1  is leader in term 2, leader 1, log up to 5, committed 4
       0.459  node 4  is follower in term 2, leader 1, log up to 5, committed 4
       0.459  node 2  is follower in term 2, leader 1, log up to 5, committed 4
       0.461  node 1  is leader in term 2, leader 1, log up to 6, committed 5
       0.461  node 1  commits up to 5
       0.462  node 2  is follower in term 2, leader 1, log up to 6, committed 5
       0.462  node 4  is follower in term 2, leader 1, log up to 6, committed 5
       0.464  node 1  commits up to 6
       0.464  node 1  has no link to node 3 any more
       0.557  node 2  has no link to node 3 any more
       0.557  node 4  has no link to node 3 any more
members 1
       1.656  node 1  members of entry 6, committed: 1 votes,2 votes,4 votes
kill 2
       1.656  node 2  is killed
set 1 key0 a
       1.656  node 1  is asked (1): SET key0 a (1 bytes)
run 50
       1.660  node 1  commits up to 7
       1.660  node 1  answers (1): done, index 7
       1.660  world   request 1 done: OK
