# Entries that a leader has not committed are replaced by its successor's; what was acknowledged
# stays. The client of the replaced command is not told that it failed before that is certain.

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
set 1 key0 first
       0.056  node 1  is asked (1): SET key0 first (5 bytes)
run 20
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
isolate 1
set 1 key0 second
       0.076  node 1  is asked (2): SET key0 second (6 bytes)
run 20
log 1
       0.096  node 1  log: 1 members of 1, 2 no-op of 2, 3 command of 2, 4 command of 2
run 1600
       1.156  node 1  is follower in term 2, leader 0, log up to 4, committed 3
       1.171  node 3  is pre-candidate in term 2, leader 0, log up to 3, committed 0
       1.173  node 3  is candidate in term 3, leader 0, log up to 3, committed 0
       1.175  node 2  is follower in term 3, leader 0, log up to 3, committed 0
       1.177  node 3  is leader in term 3, leader 3, log up to 4, committed 0
       1.178  node 2  is follower in term 3, leader 3, log up to 4, committed 0
       1.181  node 3  commits up to 4
set 2 key0 third
       1.696  node 2  is asked (3): SET key0 third (5 bytes)
run 50
       1.701  node 3  commits up to 5
       1.702  node 2  answers (3): done, index 5
       1.702  world   request 3 done: OK
log 2
       1.746  node 2  log: 1 members of 1, 2 no-op of 2, 3 command of 2, 4 no-op of 3, 5 command of 3
log 3
       1.746  node 3  log: 1 members of 1, 2 no-op of 2, 3 command of 2, 4 no-op of 3, 5 command of 3
heal
run 1500
       1.778  node 1  is follower in term 3, leader 3, log up to 4, committed 3
       1.795  node 3  commits up to 6
       1.796  node 1  answers (2): done, index 6
       1.796  world   request 2 done: OK
log 1
       3.246  node 1  log: 1 members of 1, 2 no-op of 2, 3 command of 2, 4 no-op of 3, 5 command of 3, 6 command of 3
get 1 key0
       3.246  node 1  is asked (4): GET key0
run 20
       3.251  node 1  answers (4): done, index 6
       3.251  world   request 4 done: second
