# T28. Leader 1 of the voters 1 and 2 removes itself. The entry is on the disk of node 1 only, and
# node 1 starts again. Node 2 cannot be elected without the vote of node 1, whose log is longer. So
# node 1 campaigns, although its newest membership is without it, brings the entry to node 2, and
# goes when the entry is committed.

nodes 2
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
hold 2 -> 1
change 1 remove 1
run 20
       0.156  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.157  node 2  is follower in term 2, leader 1, log up to 3, committed 2
members 1
       0.176  node 1  members of entry 3, not committed, joint: 1 outgoing,2 votes outgoing
members 2
       0.176  node 2  members of entry 3, not committed, joint: 1 outgoing,2 votes outgoing
cut 1 -> 2
heal 2 1
cut 1 -> 2
run 20
       0.176  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.176  node 1  commits up to 3
members 1
       0.196  node 1  members of entry 4, not committed: 2 votes
members 2
       0.196  node 2  members of entry 3, not committed, joint: 1 outgoing,2 votes outgoing
kill 1
       0.196  node 1  is killed
heal
start 1
       0.196  node 1  starts: term 2, vote 1, snapshot of 0, log 1 to 4
run 5000
       1.672  node 2  is pre-candidate in term 2, leader 0, log up to 3, committed 2
       1.674  node 2  is follower in term 2, leader 0, log up to 3, committed 2
       1.729  node 1  is pre-candidate in term 2, leader 0, log up to 4, committed 0
       1.731  node 1  is candidate in term 3, leader 0, log up to 4, committed 0
       1.733  node 2  is follower in term 3, leader 0, log up to 3, committed 2
       1.735  node 1  is leader in term 3, leader 1, log up to 5, committed 0
       1.736  node 2  is follower in term 3, leader 1, log up to 3, committed 2
       1.738  node 2  is follower in term 3, leader 1, log up to 5, committed 2
       1.740  node 1  is leader in term 3, leader 1, log up to 5, committed 5
       1.740  node 1  commits up to 5
       1.741  node 2  is candidate in term 4, leader 0, log up to 5, committed 2
       1.743  node 2  is leader in term 4, leader 2, log up to 6, committed 2
       1.744  node 2  commits up to 6
       1.744  node 2  has no link to node 1 any more
       1.921  node 2  refuses node 1: node 1 was removed from this cluster; its id is never used again
       2.835  node 1  is learner in term 3, leader 0, log up to 5, committed 5
       2.835  node 1  has been removed
       2.835  node 1  is killed
members 2
       5.196  node 2  members of entry 4, committed: 2 votes
status
       5.196  node 1  is down
       5.196  node 2  leader in term 4, log up to 6 of term 4, on disk 6, committed 6
