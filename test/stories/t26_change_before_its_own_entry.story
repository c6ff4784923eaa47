# T26. Node 2 becomes leader, and the disks of the others hang before they have the first entry of
# its term. A change that the leader before began may be committed, and node 2 does not know it: it
# refuses changes until that entry is committed.

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
run 100
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
handover 1 2
run 4
       0.156  node 1  is leader in term 2, leader 1, log up to 2, committed 2
       0.156  node 1  answers the operator: leadership is being handed over
       0.157  node 2  is candidate in term 3, leader 0, log up to 2, committed 2
       0.159  node 3  is follower in term 3, leader 0, log up to 2, committed 2
       0.159  node 1  is follower in term 3, leader 0, log up to 2, committed 2
stall 1 2000
stall 3 2000
run 20
       0.162  node 2  is leader in term 3, leader 2, log up to 3, committed 2
       0.163  node 1  is follower in term 3, leader 2, log up to 3, committed 2
       0.163  node 3  is follower in term 3, leader 2, log up to 3, committed 2
change 2 learn 4
run 100
       0.180  node 2  answers the operator: the leader has not committed anything in its term yet; try again later
run 2500
       2.165  node 2  commits up to 3
change 2 learn 4
run 100
       2.780  node 2  is leader in term 3, leader 2, log up to 4, committed 3
       2.781  node 1  is follower in term 3, leader 2, log up to 4, committed 3
       2.781  node 3  is follower in term 3, leader 2, log up to 4, committed 3
       2.784  node 2  commits up to 4
       2.784  node 2  answers the operator: done
