# A node that was cut off and campaigned in vain all the time comes back. It has asked for
# pre-votes only, so its term has not risen, and the leader stays in office.

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
isolate 3
run 8000
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
       1.441  node 3  is pre-candidate in term 2, leader 0, log up to 1, committed 0
status
       8.056  node 1  leader in term 2, log up to 2 of term 2, on disk 2, committed 2
       8.056  node 2  follower in term 2, log up to 2 of term 2, on disk 2, committed 2
       8.056  node 3  pre-candidate in term 2, log up to 1 of term 1, on disk 1, committed 0
heal
run 1000
       8.057  node 3  is follower in term 2, leader 1, log up to 1, committed 0
status
       9.056  node 1  leader in term 2, log up to 2 of term 2, on disk 2, committed 2
       9.056  node 2  follower in term 2, log up to 2 of term 2, on disk 2, committed 2
       9.056  node 3  follower in term 2, log up to 2 of term 2, on disk 2, committed 2
