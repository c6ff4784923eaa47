# T6. The leader of five nodes keeps one follower. The other three are a quorum with that follower,
# and elect a new leader: the old one steps down when no quorum answers, and the follower does not
# stay with it.

nodes 5
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 4  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 5  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 4  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 5  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 100
       0.057  node 4  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 5  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
cut 1 3
cut 1 4
cut 1 5
run 4000
       1.156  node 1  is follower in term 2, leader 0, log up to 2, committed 2
       1.188  node 5  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       1.190  node 5  is candidate in term 3, leader 0, log up to 2, committed 0
       1.192  node 3  is follower in term 3, leader 0, log up to 2, committed 0
       1.192  node 4  is follower in term 3, leader 0, log up to 2, committed 0
       1.194  node 5  is leader in term 3, leader 5, log up to 3, committed 0
       1.195  node 2  is follower in term 3, leader 5, log up to 3, committed 2
       1.195  node 3  is follower in term 3, leader 5, log up to 3, committed 0
       1.195  node 4  is follower in term 3, leader 5, log up to 3, committed 0
       1.197  node 5  commits up to 3
       2.952  node 1  is pre-candidate in term 2, leader 0, log up to 2, committed 2
       2.954  node 1  is follower in term 3, leader 0, log up to 2, committed 2
status
       4.156  node 1  follower in term 3, log up to 2 of term 2, on disk 2, committed 2
       4.156  node 2  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
       4.156  node 3  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
       4.156  node 4  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
       4.156  node 5  leader in term 3, log up to 3 of term 3, on disk 3, committed 3
