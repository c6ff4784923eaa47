# T15. Node 3 was cut off and gets a command and a change of the members in one message. The members
# belong to the index of their own entry, not to that of the first entry of the message.

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
run 100
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
isolate 3
set 1 key0 a
       0.156  node 1  is asked (1): SET key0 a (1 bytes)
change 1 learn 4
set 1 key1 b
       0.156  node 1  is asked (2): SET key1 b (1 bytes)
run 300
       0.156  node 1  is leader in term 2, leader 1, log up to 5, committed 2
       0.157  node 2  is follower in term 2, leader 1, log up to 5, committed 2
       0.159  node 1  commits up to 5
       0.159  node 1  answers (1): done, index 3
       0.159  node 1  answers (2): done, index 4
       0.159  node 1  answers the operator: done
       0.159  world   request 1 done: OK
       0.159  world   request 2 done: OK
log 1
       0.456  node 1  log: 1 members of 1, 2 no-op of 2, 3 command of 2, 4 command of 2, 5 members of 2
members 1
       0.456  node 1  members of entry 5, committed: 1 votes,2 votes,3 votes,4 learns
heal
run 600
       0.459  node 3  is follower in term 2, leader 1, log up to 5, committed 5
log 3
       1.056  node 3  log: 1 members of 1, 2 no-op of 2, 3 command of 2, 4 command of 2, 5 members of 2
members 3
       1.056  node 3  members of entry 5, committed: 1 votes,2 votes,3 votes,4 learns
