# T27. A node is added that never starts. It is a learner until it has caught up, so it counts for no
# quorum, and with one more node down the cluster still writes. Then it is removed.

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
run 20
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
change 1 add 4
run 500
       0.076  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.077  node 2  is follower in term 2, leader 1, log up to 3, committed 2
       0.077  node 3  is follower in term 2, leader 1, log up to 3, committed 2
       0.079  node 1  commits up to 3
       0.079  node 1  answers the operator: done
kill 3
       0.576  node 3  is killed
set 1 key0 a
       0.576  node 1  is asked (1): SET key0 a (1 bytes)
run 50
       0.580  node 1  commits up to 4
       0.580  node 1  answers (1): done, index 4
       0.580  world   request 1 done: OK
change 1 remove 4
run 500
       0.626  node 1  is leader in term 2, leader 1, log up to 5, committed 4
       0.627  node 2  is follower in term 2, leader 1, log up to 5, committed 4
       0.629  node 1  commits up to 5
       0.629  node 1  has no link to node 4 any more
       0.629  node 1  answers the operator: done
       0.657  node 2  has no link to node 4 any more
status
       1.126  node 1  leader in term 2, log up to 5 of term 2, on disk 5, committed 5
       1.126  node 2  follower in term 2, log up to 5 of term 2, on disk 5, committed 5
       1.126  node 3  is down
