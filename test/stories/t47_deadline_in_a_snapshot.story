# T47. A key lives for three seconds. All nodes save a snapshot and start again from it: the key still
# has its deadline, and goes when it has come.

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
expire 1 key0 3000
       0.056  node 1  is asked (3): PEXPIRE key0 3000
run 300
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.062  node 1  commits up to 5
       0.062  node 1  answers (1): done, index 3
       0.062  node 1  answers (2): done, index 4
       0.062  node 1  answers (3): done, index 5
       0.062  world   request 1 done: OK
       0.062  world   request 2 done: OK
       0.062  world   request 3 done: 1
       0.062  node 1  has saved a snapshot of index 5
       0.157  node 2  has saved a snapshot of index 5
       0.160  node 3  has saved a snapshot of index 5
kill 1
       0.356  node 1  is killed
kill 2
       0.356  node 2  is killed
kill 3
       0.356  node 3  is killed
start 1
       0.356  node 1  starts: term 2, vote 1, snapshot of 5, log 6 to 5
start 2
       0.356  node 2  starts: term 2, vote 1, snapshot of 5, log 6 to 5
start 3
       0.356  node 3  starts: term 2, vote 1, snapshot of 5, log 6 to 5
run 100
elect 2
       0.456  node 2  is pre-candidate in term 2, leader 0, log up to 5, committed 5
       0.458  node 2  is candidate in term 3, leader 0, log up to 5, committed 5
       0.461  node 3  is follower in term 3, leader 0, log up to 5, committed 5
       0.461  node 1  is follower in term 3, leader 0, log up to 5, committed 5
       0.463  node 2  is leader in term 3, leader 2, log up to 6, committed 5
run 100
       0.464  node 3  is follower in term 3, leader 2, log up to 6, committed 5
       0.464  node 1  is follower in term 3, leader 2, log up to 6, committed 5
       0.466  node 2  commits up to 6
get 1 key0
       0.563  node 1  is asked (4): GET key0
run 50
       0.567  node 1  answers (4): done, index 6
       0.567  world   request 4 done: a
run 3000
       1.466  node 2  commits up to 7
       2.466  node 2  commits up to 8
       3.466  node 2  commits up to 9
       3.469  node 2  has saved a snapshot of index 9
       3.469  node 1  has saved a snapshot of index 9
       3.470  node 3  has saved a snapshot of index 9
get 1 key0
       3.613  node 1  is asked (5): GET key0
get 3 key1
       3.613  node 3  is asked (6): GET key1
run 50
       3.617  node 3  answers (6): done, index 9
       3.617  world   request 6 done: b
       3.617  node 1  answers (5): done, index 9
       3.617  world   request 5 done: nothing
