# T1. Node 2 votes for node 1 and is killed at once. When it starts again it still knows its vote and
# its term. Node 3 was cut off and knows nothing of that election; it needs the vote of node 2, and
# gets it only in a later term. A vote that is kept in memory would allow two leaders in one term.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
isolate 3
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
kill 2
       0.056  node 2  is killed
start 2
       0.056  node 2  starts: term 2, vote 1, snapshot of 0, log 1 to 1
kill 1
       0.056  node 1  is killed
heal
run 3000
       1.630  node 2  is pre-candidate in term 2, leader 0, log up to 1, committed 0
       1.632  node 2  is candidate in term 3, leader 0, log up to 1, committed 0
       1.634  node 3  is follower in term 3, leader 0, log up to 1, committed 0
       1.636  node 2  is leader in term 3, leader 2, log up to 2, committed 0
       1.637  node 3  is follower in term 3, leader 2, log up to 2, committed 0
       1.639  node 2  commits up to 2
status
       3.056  node 1  is down
       3.056  node 2  leader in term 3, log up to 2 of term 3, on disk 2, committed 2
       3.056  node 3  follower in term 3, log up to 2 of term 3, on disk 2, committed 2
