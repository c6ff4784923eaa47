# A planned handover. Commands that reach the old leader meanwhile, and those that a follower
# forwards to it, are certainly not appended there; each node proposes them again, and no client
# sees an error.

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
run 20
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
handover 1 2
set 1 key0 a
       0.076  node 1  is asked (1): SET key0 a (1 bytes)
set 3 key1 b
       0.076  node 3  is asked (2): SET key1 b (1 bytes)
run 3
       0.076  node 1  is leader in term 2, leader 1, log up to 3, committed 2
       0.076  node 1  answers the operator: leadership is being handed over
set 1 key2 c
       0.079  node 1  is asked (3): SET key2 c (1 bytes)
set 3 key3 d
       0.079  node 3  is asked (4): SET key3 d (1 bytes)
run 100
       0.079  node 1  commits up to 3
       0.079  node 1  answers (1): done, index 3
       0.079  world   request 1 done: OK
       0.080  node 2  is candidate in term 3, leader 0, log up to 3, committed 2
       0.083  node 1  is follower in term 3, leader 0, log up to 3, committed 3
       0.083  node 3  is follower in term 3, leader 0, log up to 3, committed 3
       0.085  node 2  is leader in term 3, leader 2, log up to 4, committed 2
       0.086  node 3  is follower in term 3, leader 2, log up to 4, committed 3
       0.086  node 1  is follower in term 3, leader 2, log up to 4, committed 3
       0.088  node 2  commits up to 4
       0.091  node 2  commits up to 5
       0.092  node 1  answers (3): done, index 5
       0.092  world   request 3 done: OK
       0.092  node 2  commits up to 7
       0.093  node 3  answers (2): done, index 6
       0.093  node 3  answers (4): done, index 7
       0.093  world   request 2 done: OK
       0.093  world   request 4 done: OK
status
       0.179  node 1  follower in term 3, log up to 7 of term 3, on disk 7, committed 5
       0.179  node 2  leader in term 3, log up to 7 of term 3, on disk 7, committed 7
       0.179  node 3  follower in term 3, log up to 7 of term 3, on disk 7, committed 7
get 3 key0
       0.179  node 3  is asked (5): GET key0
get 2 key1
       0.179  node 2  is asked (6): GET key1
run 20
       0.182  node 2  answers (6): done, index 7
       0.182  world   request 6 done: b
       0.184  node 3  answers (5): done, index 7
       0.184  world   request 5 done: a
