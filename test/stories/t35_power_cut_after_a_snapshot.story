# T35. All nodes lose their power soon after they have saved snapshots and begun to free their logs.
# What a start finds is complete: a file has its name only when it is durable, and the log is freed
# only then.

nodes 3 snapshot-every=4 snapshot-tail=0
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
set 1 key1 b
       0.056  node 1  is asked (2): SET key1 b (1 bytes)
set 1 key2 c
       0.056  node 1  is asked (3): SET key2 c (1 bytes)
run 9
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.062  node 1  commits up to 5
       0.062  node 1  answers (1): done, index 3
       0.062  node 1  answers (2): done, index 4
       0.062  node 1  answers (3): done, index 5
       0.062  world   request 1 done: OK
       0.062  world   request 2 done: OK
       0.062  world   request 3 done: OK
       0.062  node 1  has saved a snapshot of index 5
run 1
power 1
       0.066  node 1  loses its power
power 2
       0.066  node 2  loses its power
power 3
       0.066  node 3  loses its power
start 1
       0.066  node 1  starts: term 2, vote 1, snapshot of 5, log 6 to 5
start 2
       0.066  node 2  starts: term 2, vote 1, snapshot of 0, log 1 to 5
start 3
       0.066  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 5
run 3000
       1.624  node 3  is pre-candidate in term 2, leader 0, log up to 5, committed 0
       1.626  node 3  is candidate in term 3, leader 0, log up to 5, committed 0
       1.628  node 1  is follower in term 3, leader 0, log up to 5, committed 5
       1.628  node 2  is follower in term 3, leader 0, log up to 5, committed 0
       1.630  node 3  is leader in term 3, leader 3, log up to 6, committed 0
       1.631  node 1  is follower in term 3, leader 3, log up to 6, committed 5
       1.631  node 2  is follower in term 3, leader 3, log up to 6, committed 0
       1.633  node 3  commits up to 6
       1.637  node 3  has saved a snapshot of index 6
       1.735  node 2  has saved a snapshot of index 6
get 1 key0
       3.066  node 1  is asked (4): GET key0
get 2 key2
       3.066  node 2  is asked (5): GET key2
run 50
       3.071  node 1  answers (4): done, index 6
       3.071  world   request 4 done: a
       3.071  node 2  answers (5): done, index 6
       3.071  world   request 5 done: c
