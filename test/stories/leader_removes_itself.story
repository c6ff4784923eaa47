# A leader removes itself: it leads until the change is committed, without counting itself, and the
# others elect a successor.

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
change 1 remove 1
run 300
       0.076  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.077  node 2  is follower in term 2, leader 1, log up to 3, committed 2
       0.077  node 3  is follower in term 2, leader 1, log up to 3, committed 2
       0.080  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.080  node 1  commits up to 3
       0.081  node 3  is follower in term 2, leader 1, log up to 4, committed 3
       0.081  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       0.083  node 1  is leader in term 2, leader 1, log up to 4, committed 4
       0.083  node 1  commits up to 4
       0.083  node 1  answers the operator: done
       0.084  node 2  is candidate in term 3, leader 0, log up to 4, committed 3
       0.086  node 3  is follower in term 3, leader 0, log up to 4, committed 3
       0.088  node 2  is leader in term 3, leader 2, log up to 5, committed 3
       0.089  node 3  is follower in term 3, leader 2, log up to 5, committed 3
       0.092  node 2  commits up to 5
       0.092  node 2  has no link to node 1 any more
       0.158  node 1  is learner in term 3, leader 0, log up to 4, committed 4
       0.158  node 1  has been removed
       0.158  node 1  is killed
       0.189  node 3  has no link to node 1 any more
run 2500
set 2 key0 x
       2.876  node 2  is asked (1): SET key0 x (1 bytes)
run 50
       2.880  node 2  commits up to 6
       2.880  node 2  answers (1): done, index 6
       2.880  world   request 1 done: OK
status
       2.926  node 1  is down
       2.926  node 2  leader in term 3, log up to 6 of term 3, on disk 6, committed 6
       2.926  node 3  follower in term 3, log up to 6 of term 3, on disk 6, committed 6
