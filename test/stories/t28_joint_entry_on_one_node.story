# T28. Leader 1 of the voters 1 and 2 removes itself, and node 2 has nothing of that yet: the joint
# entry is on the disk of node 1 only. Node 1 starts again. It leaves by its newest membership, but
# only it can be elected: it campaigns, and finishes the change.

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
cut 1 -> 2
change 1 remove 1
run 20
       0.156  node 1  is leader in term 2, leader 1, log up to 3, committed 2
members 1
       0.176  node 1  members of entry 3, not committed, joint: 1 outgoing,2 votes outgoing
members 2
       0.176  node 2  members of entry 1, not committed: 1 votes,2 votes
kill 1
       0.176  node 1  is killed
heal
start 1
       0.176  node 1  starts: term 2, vote 1, snapshot of 0, log 1 to 3
run 5000
       1.483  node 2  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       1.485  node 2  is follower in term 2, leader 0, log up to 2, committed 0
       1.687  node 1  is pre-candidate in term 2, leader 0, log up to 3, committed 0
       1.689  node 1  is candidate in term 3, leader 0, log up to 3, committed 0
       1.691  node 2  is follower in term 3, leader 0, log up to 2, committed 0
       1.693  node 1  is leader in term 3, leader 1, log up to 4, committed 0
       1.694  node 2  is follower in term 3, leader 1, log up to 2, committed 0
       1.696  node 2  is follower in term 3, leader 1, log up to 4, committed 0
       1.699  node 1  is leader in term 3, leader 1, log up to 5, committed 4
       1.699  node 1  commits up to 4
       1.700  node 2  is follower in term 3, leader 1, log up to 5, committed 4
       1.702  node 1  is leader in term 3, leader 1, log up to 5, committed 5
       1.702  node 1  commits up to 5
       1.703  node 2  is candidate in term 4, leader 0, log up to 5, committed 4
       1.704  node 2  is leader in term 4, leader 2, log up to 6, committed 4
       1.705  node 2  commits up to 6
       1.705  node 2  has no link to node 1 any more
       1.905  node 2  refuses node 1: node 1 was removed from this cluster; its id is never used again
       2.793  node 1  is learner in term 3, leader 0, log up to 5, committed 5
       2.793  node 1  has been removed
       2.793  node 1  is killed
members 2
       5.176  node 2  members of entry 5, committed: 2 votes
status
       5.176  node 1  is down
       5.176  node 2  leader in term 4, log up to 6 of term 4, on disk 6, committed 6
