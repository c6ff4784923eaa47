# T55. All nodes lose their power, and only two of three start again. That is a quorum: it elects a
# leader, everything that was acknowledged is there, and writes go on.

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
run 200
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
power 1
       0.256  node 1  loses its power
power 2
       0.256  node 2  loses its power
power 3
       0.256  node 3  loses its power
run 1000
start 2
       1.256  node 2  starts: term 2, vote 1, snapshot of 0, log 1 to 3
start 3
       1.256  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 3
run 3500
       2.814  node 3  is pre-candidate in term 2, leader 0, log up to 3, committed 0
       2.816  node 3  is candidate in term 3, leader 0, log up to 3, committed 0
       2.818  node 2  is follower in term 3, leader 0, log up to 3, committed 0
       2.820  node 3  is leader in term 3, leader 3, log up to 4, committed 0
       2.821  node 2  is follower in term 3, leader 3, log up to 4, committed 0
       2.823  node 3  commits up to 4
status
       4.756  node 1  is down
       4.756  node 2  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
       4.756  node 3  leader in term 3, log up to 4 of term 3, on disk 4, committed 4
get 2 key0
       4.756  node 2  is asked (2): GET key0
set 3 key0 b
       4.756  node 3  is asked (3): SET key0 b (1 bytes)
run 50
       4.760  node 3  commits up to 5
       4.760  node 3  answers (3): done, index 5
       4.760  world   request 3 done: OK
       4.761  node 2  answers (2): done, index 4
       4.761  world   request 2 done: a
