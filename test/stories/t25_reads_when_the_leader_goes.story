# T25. Reads wait at the leader and at a follower when the leader is cut off. The old leader answers
# none of them from its state, and none is lost: the follower asks the next leader, and so does the
# old one when it is back.

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
set 1 key0 old
       0.056  node 1  is asked (1): SET key0 old (3 bytes)
run 200
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
isolate 1
get 1 key0
       0.256  node 1  is asked (2): GET key0
get 2 key0
       0.256  node 2  is asked (3): GET key0
run 3500
       1.256  node 1  is follower in term 2, leader 0, log up to 3, committed 3
       1.508  node 3  is pre-candidate in term 2, leader 0, log up to 3, committed 3
       1.510  node 3  is candidate in term 3, leader 0, log up to 3, committed 3
       1.512  node 2  is follower in term 3, leader 0, log up to 3, committed 3
       1.514  node 3  is leader in term 3, leader 3, log up to 4, committed 3
       1.515  node 2  is follower in term 3, leader 3, log up to 4, committed 3
       1.517  node 3  commits up to 4
       1.521  node 2  answers (3): done, index 4
       1.521  world   request 3 done: old
       3.052  node 1  is pre-candidate in term 2, leader 0, log up to 3, committed 3
set 2 key0 new
       3.756  node 2  is asked (4): SET key0 new (3 bytes)
run 50
       3.760  node 3  commits up to 5
       3.762  node 2  answers (4): done, index 5
       3.762  world   request 4 done: OK
heal
run 1000
       3.815  node 1  is follower in term 3, leader 3, log up to 3, committed 3
       3.819  node 1  answers (2): done, index 5
       3.819  world   request 2 done: new
status
       4.806  node 1  follower in term 3, log up to 5 of term 3, on disk 5, committed 5
       4.806  node 2  follower in term 3, log up to 5 of term 3, on disk 5, committed 5
       4.806  node 3  leader in term 3, log up to 5 of term 3, on disk 5, committed 5
