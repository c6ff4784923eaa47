# T2. The answer to a candidate's question is lost. The candidate asks again after a time-out, and the
# same voter answers it again.

nodes 3
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
kill 3
       0.050  node 3  is killed
messages on
cut 2 -> 1
campaign 1
run 20
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.050  node 1  to 2, term 2: would you vote for me, my log ends with 1 of term 1
       0.050  node 1  to 3, term 2: would you vote for me, my log ends with 1 of term 1
       0.051  node 2  to 1, term 2: yes, if it came to it
messages off
heal
run 3000
       1.113  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       1.115  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       1.117  node 1  is leader in term 2, leader 1, log up to 2, committed 0
       1.118  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       1.121  node 1  commits up to 2
status
       3.070  node 1  leader in term 2, log up to 2 of term 2, on disk 2, committed 2
       3.070  node 2  follower in term 2, log up to 2 of term 2, on disk 2, committed 2
       3.070  node 3  is down
