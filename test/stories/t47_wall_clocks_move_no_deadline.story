# T47. A key lives for two seconds. The leader's wall clock is set an hour ahead, and then a node
# leads whose wall clock is two hours behind. The key goes when two seconds have passed since it was
# set, by the time that the leaders write into the log, and not earlier or later.

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
set 1 key0 a
       0.056  node 1  is asked (1): SET key0 a (1 bytes)
run 100
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
expire 1 key0 2000
       0.156  node 1  is asked (2): PEXPIRE key0 2000
run 500
       0.159  node 1  commits up to 4
       0.159  node 1  answers (2): done, index 4
       0.159  world   request 2 done: 1
wall 1 +3600000
wall 2 -7200000
get 1 key0
       0.656  node 1  is asked (3): GET key0
run 500
       0.658  node 1  answers (3): done, index 4
       0.658  world   request 3 done: a
handover 1 2
run 500
       1.156  node 1  is leader in term 2, leader 1, log up to 5, committed 4
       1.156  node 1  answers the operator: leadership is being handed over
       1.159  node 1  commits up to 5
       1.160  node 2  is candidate in term 3, leader 0, log up to 5, committed 4
       1.162  node 1  is follower in term 3, leader 0, log up to 5, committed 5
       1.162  node 3  is follower in term 3, leader 0, log up to 5, committed 5
       1.164  node 2  is leader in term 3, leader 2, log up to 6, committed 4
       1.165  node 3  is follower in term 3, leader 2, log up to 6, committed 5
       1.166  node 1  is follower in term 3, leader 2, log up to 6, committed 5
       1.168  node 2  commits up to 6
get 2 key0
       1.656  node 2  is asked (4): GET key0
run 100
       1.659  node 2  answers (4): done, index 6
       1.659  world   request 4 done: a
run 300
get 3 key0
       2.056  node 3  is asked (5): GET key0
run 300
       2.061  node 3  answers (5): done, index 6
       2.061  world   request 5 done: a
       2.160  node 2  commits up to 7
get 3 key0
       2.356  node 3  is asked (6): GET key0
run 50
       2.361  node 3  answers (6): done, index 7
       2.361  world   request 6 done: nothing
