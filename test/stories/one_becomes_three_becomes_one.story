# A cluster of one grows to three, and shrinks to one of the new nodes: the leader removes itself and
# hands over.

nodes 1
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.001  node 1  is leader in term 2, leader 1, log up to 2, committed 0
       0.002  node 1  commits up to 2
run 50
join 2
       0.100  node 2  starts: term 0, vote 0, snapshot of 0, log 1 to 0
join 3
       0.100  node 3  starts: term 0, vote 0, snapshot of 0, log 1 to 0
run 50
change 1 add 2
run 1000
       0.150  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.151  node 1  commits up to 3
       0.151  node 1  answers the operator: done
       0.164  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.165  node 2  is learner in term 2, leader 1, log up to 4, committed 3
       0.165  node 1  commits up to 4
       0.403  node 1  is leader in term 2, leader 1, log up to 5, committed 4
       0.404  node 2  is follower in term 2, leader 1, log up to 5, committed 4
       0.406  node 1  is leader in term 2, leader 1, log up to 6, committed 5
       0.406  node 1  commits up to 5
       0.407  node 2  is follower in term 2, leader 1, log up to 6, committed 5
       0.410  node 1  commits up to 6
change 1 add 3
run 1000
       1.150  node 1  is leader in term 2, leader 1, log up to 7, committed 6
       1.151  node 2  is follower in term 2, leader 1, log up to 7, committed 6
       1.153  node 1  commits up to 7
       1.153  node 1  answers the operator: done
       1.159  node 1  is leader in term 2, leader 1, log up to 8, committed 7
       1.160  node 2  is follower in term 2, leader 1, log up to 8, committed 7
       1.160  node 3  is learner in term 2, leader 1, log up to 8, committed 7
       1.162  node 1  commits up to 8
       1.403  node 1  is leader in term 2, leader 1, log up to 9, committed 8
       1.404  node 3  is follower in term 2, leader 1, log up to 9, committed 8
       1.404  node 2  is follower in term 2, leader 1, log up to 9, committed 8
       1.406  node 1  is leader in term 2, leader 1, log up to 10, committed 9
       1.406  node 1  commits up to 9
       1.407  node 2  is follower in term 2, leader 1, log up to 10, committed 9
       1.407  node 3  is follower in term 2, leader 1, log up to 10, committed 9
       1.409  node 1  commits up to 10
members 3
       2.150  node 3  members of entry 10, committed: 1 votes,2 votes,3 votes
set 3 key0 a
       2.150  node 3  is asked (1): SET key0 a (1 bytes)
run 50
       2.154  node 1  commits up to 11
       2.155  node 3  answers (1): done, index 11
       2.155  world   request 1 done: OK
change 1 remove 2 remove 1
run 3000
       2.200  node 1  is leader in term 2, leader 1, log up to 12, committed 11
       2.201  node 3  is follower in term 2, leader 1, log up to 12, committed 11
       2.201  node 2  is follower in term 2, leader 1, log up to 12, committed 11
       2.203  node 1  is leader in term 2, leader 1, log up to 13, committed 12
       2.203  node 1  commits up to 12
       2.204  node 3  is follower in term 2, leader 1, log up to 13, committed 12
       2.206  node 1  is leader in term 2, leader 1, log up to 13, committed 13
       2.206  node 1  commits up to 13
       2.206  node 1  answers the operator: done
       2.207  node 3  is candidate in term 3, leader 0, log up to 13, committed 12
       2.207  node 2  is learner in term 2, leader 1, log up to 13, committed 13
       2.207  node 2  has been removed
       2.207  node 2  is killed
       2.208  node 3  is leader in term 3, leader 3, log up to 14, committed 12
       2.209  node 3  commits up to 14
       2.209  node 3  has no link to node 1 any more
       2.209  node 3  has no link to node 2 any more
       2.298  node 3  refuses node 1: node 1 was removed from this cluster; its id is never used again
       3.301  node 1  is learner in term 2, leader 0, log up to 13, committed 13
       3.301  node 1  has been removed
       3.301  node 1  is killed
members 3
       5.200  node 3  members of entry 13, committed: 3 votes
get 3 key0
       5.200  node 3  is asked (2): GET key0
run 20
       5.200  node 3  answers (2): done, index 14
       5.200  world   request 2 done: a
status
       5.220  node 1  is down
       5.220  node 2  is down
       5.220  node 3  leader in term 3, log up to 14 of term 3, on disk 14, committed 14
