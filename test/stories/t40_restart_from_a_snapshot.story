# T40. A counter is not idempotent: a command that is applied twice, or not at all, is seen. A node
# starts from its snapshot, whose header says which entries are in it, and from the log after them.

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
incr 1 key0
       0.056  node 1  is asked (1): INCRBY key0 1
incr 1 key0
       0.056  node 1  is asked (2): INCRBY key0 1
incr 1 key0
       0.056  node 1  is asked (3): INCRBY key0 1
incr 1 key0
       0.056  node 1  is asked (4): INCRBY key0 1
run 200
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 6
       0.061  node 1  answers (1): done, index 3
       0.061  node 1  answers (2): done, index 4
       0.061  node 1  answers (3): done, index 5
       0.061  node 1  answers (4): done, index 6
       0.061  world   request 1 done: 1
       0.061  world   request 2 done: 2
       0.061  world   request 3 done: 3
       0.061  world   request 4 done: 4
       0.063  node 1  has saved a snapshot of index 6
       0.157  node 3  has saved a snapshot of index 6
       0.161  node 2  has saved a snapshot of index 6
incr 1 key0
       0.256  node 1  is asked (5): INCRBY key0 1
incr 1 key0
       0.256  node 1  is asked (6): INCRBY key0 1
run 100
       0.259  node 1  commits up to 8
       0.259  node 1  answers (5): done, index 7
       0.259  node 1  answers (6): done, index 8
       0.259  world   request 5 done: 5
       0.259  world   request 6 done: 6
kill 1
       0.356  node 1  is killed
kill 2
       0.356  node 2  is killed
kill 3
       0.356  node 3  is killed
start 1
       0.356  node 1  starts: term 2, vote 1, snapshot of 6, log 7 to 8
start 2
       0.356  node 2  starts: term 2, vote 1, snapshot of 6, log 7 to 8
start 3
       0.356  node 3  starts: term 2, vote 1, snapshot of 6, log 7 to 8
run 100
elect 2
       0.456  node 2  is pre-candidate in term 2, leader 0, log up to 8, committed 6
       0.459  node 2  is candidate in term 3, leader 0, log up to 8, committed 6
       0.461  node 1  is follower in term 3, leader 0, log up to 8, committed 6
       0.461  node 3  is follower in term 3, leader 0, log up to 8, committed 6
       0.463  node 2  is leader in term 3, leader 2, log up to 9, committed 6
incr 2 key0
       0.463  node 2  is asked (7): INCRBY key0 1
run 100
       0.464  node 3  is follower in term 3, leader 2, log up to 9, committed 6
       0.464  node 1  is follower in term 3, leader 2, log up to 9, committed 6
       0.466  node 2  commits up to 9
       0.468  node 2  commits up to 10
       0.468  node 2  answers (7): done, index 10
       0.468  world   request 7 done: 7
       0.473  node 2  has saved a snapshot of index 10
get 1 key0
       0.563  node 1  is asked (8): GET key0
get 3 key0
       0.563  node 3  is asked (9): GET key0
run 50
       0.564  node 3  has saved a snapshot of index 10
       0.567  node 1  answers (8): done, index 10
       0.567  world   request 8 done: 7
       0.567  node 3  answers (9): done, index 10
       0.567  world   request 9 done: 7
       0.568  node 1  has saved a snapshot of index 10
status
       0.613  node 1  follower in term 3, log up to 10 of term 3, on disk 10, committed 10
       0.613  node 2  leader in term 3, log up to 10 of term 3, on disk 10, committed 10
       0.613  node 3  follower in term 3, log up to 10 of term 3, on disk 10, committed 10
