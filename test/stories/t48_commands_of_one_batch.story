# T48. Commands that arrive together are one batch in the log, and each sees what those before it
# did: of two that want to replace the same value, one does, and a counter misses no step.

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
run 100
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
swap 1 key0 old first
       0.156  node 1  is asked (2): SET IFEQ key0 first (5 bytes)
swap 1 key0 old second
       0.156  node 1  is asked (3): SET IFEQ key0 second (6 bytes)
incr 1 key1
       0.156  node 1  is asked (4): INCRBY key1 1
incr 1 key1
       0.156  node 1  is asked (5): INCRBY key1 1
incr 1 key1
       0.156  node 1  is asked (6): INCRBY key1 1
run 100
       0.159  node 1  commits up to 8
       0.159  node 1  answers (2): done, index 4
       0.159  node 1  answers (3): done, index 5
       0.159  node 1  answers (4): done, index 6
       0.159  node 1  answers (5): done, index 7
       0.159  node 1  answers (6): done, index 8
       0.159  world   request 2 done: OK
       0.159  world   request 3 done: nothing
       0.159  world   request 4 done: 1
       0.159  world   request 5 done: 2
       0.159  world   request 6 done: 3
log 1
       0.256  node 1  log: 1 members of 1, 2 no-op of 2, 3 command of 2, 4 command of 2, 5 command of 2, 6 command of 2, 7 command of 2, 8 command of 2
get 2 key0
       0.256  node 2  is asked (7): GET key0
get 3 key1
       0.256  node 3  is asked (8): GET key1
run 50
       0.260  node 2  answers (7): done, index 8
       0.260  world   request 7 done: first
       0.261  node 3  answers (8): done, index 8
       0.261  world   request 8 done: 3
