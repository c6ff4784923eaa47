# The node that is to lead does not get the last entries of the log. The leader waits for it, takes
# no commands meanwhile, and gives the handover up after an election time-out. The command that came
# meanwhile is carried out then; none is lost.

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
run 200
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
cut 1 -> 2
set 1 key0 a
       0.256  node 1  is asked (1): SET key0 a (1 bytes)
run 20
       0.260  node 1  commits up to 3
       0.260  node 1  answers (1): done, index 3
       0.260  world   request 1 done: OK
handover 1 2
run 20
       0.276  node 1  is leader in term 2, leader 1, log up to 3, committed 3
       0.276  node 1  answers the operator: leadership is being handed over
set 1 key1 b
       0.296  node 1  is asked (2): SET key1 b (1 bytes)
run 500
status
       0.796  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
       0.796  node 2  follower in term 2, log up to 2 of term 2, on disk 2, committed 2
       0.796  node 3  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
run 1000
       1.356  node 1  is leader in term 2, leader 1, log up to 3, committed 3
       1.359  node 1  commits up to 4
       1.359  node 1  answers (2): done, index 4
       1.359  world   request 2 done: OK
       1.598  node 2  is pre-candidate in term 2, leader 0, log up to 2, committed 2
status
       1.796  node 1  leader in term 2, log up to 4 of term 2, on disk 4, committed 4
       1.796  node 2  pre-candidate in term 2, log up to 2 of term 2, on disk 2, committed 2
       1.796  node 3  follower in term 2, log up to 4 of term 2, on disk 4, committed 4
