# T58. A node that joined is killed. Its log says that it is a learner, so it goes on as one when it
# starts again, and gets what it missed.

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
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
join 4
       0.106  node 4  starts: term 0, vote 0, snapshot of 0, log 1 to 0
run 50
change 1 learn 4
run 100
       0.156  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.157  node 3  is follower in term 2, leader 1, log up to 3, committed 2
       0.157  node 2  is follower in term 2, leader 1, log up to 3, committed 2
       0.159  node 1  commits up to 3
       0.159  node 1  answers the operator: done
       0.164  node 1  is leader in term 2, leader 1, log up to 4, committed 3
       0.165  node 2  is follower in term 2, leader 1, log up to 4, committed 3
       0.165  node 4  is learner in term 2, leader 1, log up to 4, committed 3
       0.165  node 3  is follower in term 2, leader 1, log up to 4, committed 3
       0.167  node 1  commits up to 4
kill 4
       0.256  node 4  is killed
set 1 key0 a
       0.256  node 1  is asked (1): SET key0 a (1 bytes)
run 50
       0.260  node 1  commits up to 5
       0.260  node 1  answers (1): done, index 5
       0.260  world   request 1 done: OK
start 4
       0.306  node 4  starts: term 2, vote 0, snapshot of 0, log 1 to 4
run 500
       0.313  node 4  is learner in term 2, leader 1, log up to 5, committed 5
members 4
       0.806  node 4  members of entry 4, committed: 1 votes,2 votes,3 votes,4 learns
status
       0.806  node 1  leader in term 2, log up to 5 of term 2, on disk 5, committed 5
       0.806  node 2  follower in term 2, log up to 5 of term 2, on disk 5, committed 5
       0.806  node 3  follower in term 2, log up to 5 of term 2, on disk 5, committed 5
       0.806  node 4  learner in term 2, log up to 5 of term 2, on disk 5, committed 5
