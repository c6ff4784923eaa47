# T29. A node is removed while it is down, and comes back with its old log. It gets no vote, raises
# no term and disturbs nobody; the others tell it that it was removed.

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
kill 3
       0.156  node 3  is killed
run 1500
change 1 remove 3
run 300
       1.656  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       1.657  node 2  is follower in term 2, leader 1, log up to 3, committed 2
       1.660  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       1.660  node 1  commits up to 3
       1.661  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       1.663  node 1  commits up to 4
       1.663  node 1  has no link to node 3 any more
       1.663  node 1  answers the operator: done
       1.757  node 2  has no link to node 3 any more
members 1
       1.956  node 1  members of entry 4, committed: 1 votes,2 votes
start 3
       1.956  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
messages on
run 100
       1.957  node 2  to 1, term 2: have up to 4
       2.056  node 1  to 2, term 2: append 0 after 4 of term 2, committed is 4
messages off
run 5000
       3.840  node 3  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       5.958  node 3  is told that it was removed
       5.958  node 3  is killed
status
       7.056  node 1  leader in term 2, log up to 4 of term 2, on disk 4, committed 4
       7.056  node 2  follower in term 2, log up to 4 of term 2, on disk 4, committed 4
       7.056  node 3  is down
