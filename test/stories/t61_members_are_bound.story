# T61: a cluster whose first members are bound to no data directory, as raftctl restore makes it.
# The leader binds one after the other, by itself. So it does with a member that was added by hand,
# when that member comes up.

nodes 2 unbound=1
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 100
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.060  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.061  node 2  is follower in term 2, leader 1, log up to 3, committed 2
       0.063  node 1  commits up to 3
       0.063  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.064  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       0.066  node 1  commits up to 4
log 1
       0.156  node 1  log: 1 members of 1, 2 no-op of 2, 3 members of 2, 4 members of 2
join 3
       0.156  node 3  starts: term 0, vote 0, snapshot of 0, log 1 to 0
change 1 add 3
run 100
       0.156  node 1  is leader in term 2, leader 1, log up to 5, committed 4
       0.157  node 2  is follower in term 2, leader 1, log up to 5, committed 4
       0.160  node 1  commits up to 5
       0.160  node 1  answers the operator: done
       0.181  node 1  is leader in term 2, leader 1, log up to 6, committed 5
       0.182  node 3  is learner in term 2, leader 1, log up to 6, committed 5
       0.182  node 2  is follower in term 2, leader 1, log up to 6, committed 5
       0.184  node 1  commits up to 6
log 1
       0.256  node 1  log: 1 members of 1, 2 no-op of 2, 3 members of 2, 4 members of 2, 5 members of 2, 6 members of 2
