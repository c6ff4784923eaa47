# R1. While the membership is joint, a lease needs the promises of a quorum of the old voters and of
# a quorum of the new ones. Voter 2 and the leader are a quorum of the new voters only, so there is
# no lease until one of the others answers again.

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
run 200
       0.057  node 4  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 5  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
get 1 key0 lease
       0.256  node 1  is asked (1): GET key0
run 300
       0.260  node 1  answers (1): done, index 2
       0.260  world   request 1 done: nothing
lease 1
       0.556  node 1  its lease: 800 ms are left
hold 3 -> 1
hold 4 -> 1
hold 5 -> 1
change 1 remove 4 remove 5
run 5
       0.556  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.557  node 4  is follower in term 2, leader 1, log up to 3, committed 2
       0.557  node 2  is follower in term 2, leader 1, log up to 3, committed 2
       0.557  node 3  is follower in term 2, leader 1, log up to 3, committed 2
       0.557  node 5  is follower in term 2, leader 1, log up to 3, committed 2
members 1
       0.561  node 1  members of entry 3, not committed, joint: 1 votes outgoing,2 votes outgoing,3 votes outgoing,4 outgoing,5 outgoing
run 900
lease 1
       1.461  node 1  its lease: 0 ms are left
heal 5 1
run 5
       1.461  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       1.461  node 1  commits up to 3
       1.462  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       1.462  node 3  is follower in term 2, leader 1, log up to 4, committed 3
       1.465  node 1  commits up to 4
       1.465  node 1  has no link to node 4 any more
       1.465  node 1  has no link to node 5 any more
       1.465  node 1  answers the operator: done
lease 1
       1.466  node 1  its lease: 890 ms are left
