# All machines lose their power at once. What was acknowledged is on the disks of a quorum.

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
set 1 key0 one
       0.056  node 1  is asked (1): SET key0 one (3 bytes)
incr 2 key1
       0.056  node 2  is asked (2): INCRBY key1 1
run 30
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.062  node 1  commits up to 3
       0.062  node 1  answers (1): done, index 3
       0.062  world   request 1 done: OK
       0.062  node 1  commits up to 4
       0.063  node 2  answers (2): done, index 4
       0.063  world   request 2 done: 1
set 3 key0 two
       0.086  node 3  is asked (3): SET key0 two (3 bytes)
run 30
       0.090  node 1  commits up to 5
       0.091  node 3  answers (3): done, index 5
       0.091  world   request 3 done: OK
power 1
       0.116  node 1  loses its power
power 2
       0.116  node 2  loses its power
power 3
       0.116  node 3  loses its power
start 1
       0.116  node 1  starts: term 2, vote 1, snapshot of 0, log 1 to 5
start 2
       0.116  node 2  starts: term 2, vote 1, snapshot of 0, log 1 to 5
start 3
       0.116  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 5
run 3000
       1.244  node 2  is pre-candidate in term 2, leader 0, log up to 5, committed 0
       1.246  node 2  is candidate in term 3, leader 0, log up to 5, committed 0
       1.248  node 3  is follower in term 3, leader 0, log up to 5, committed 0
       1.248  node 1  is follower in term 3, leader 0, log up to 5, committed 0
       1.250  node 2  is leader in term 3, leader 2, log up to 6, committed 0
       1.251  node 3  is follower in term 3, leader 2, log up to 6, committed 0
       1.251  node 1  is follower in term 3, leader 2, log up to 6, committed 0
       1.253  node 2  commits up to 6
get 1 key0
       3.116  node 1  is asked (4): GET key0
get 2 key0
       3.116  node 2  is asked (5): GET key0
get 3 key1
       3.116  node 3  is asked (6): GET key1
run 30
       3.118  node 2  answers (5): done, index 6
       3.118  world   request 5 done: two
       3.121  node 1  answers (4): done, index 6
       3.121  world   request 4 done: two
       3.121  node 3  answers (6): done, index 6
       3.121  world   request 6 done: 1
