# A leader is stopped for longer than an election timeout and wakes up replaced. It answers neither a
# read nor a command from its old office.

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
run 20
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
pause 1 3000
       0.076  node 1  is paused
get 1 key0
       0.076  node 1  is asked (2): GET key0
set 1 key1 late
       0.076  node 1  is asked (3): SET key1 late (4 bytes)
run 2500
       1.171  node 3  is pre-candidate in term 2, leader 0, log up to 3, committed 0
       1.173  node 3  is candidate in term 3, leader 0, log up to 3, committed 0
       1.175  node 2  is follower in term 3, leader 0, log up to 3, committed 0
       1.177  node 3  is leader in term 3, leader 3, log up to 4, committed 0
       1.178  node 2  is follower in term 3, leader 3, log up to 4, committed 0
       1.181  node 3  commits up to 4
set 2 key0 new
       2.576  node 2  is asked (4): SET key0 new (3 bytes)
run 50
       2.581  node 3  commits up to 5
       2.582  node 2  answers (4): done, index 5
       2.582  world   request 4 done: OK
run 1000
       3.076  node 1  is follower in term 3, leader 3, log up to 4, committed 4
       3.080  node 3  commits up to 6
       3.081  node 1  answers (2): done, index 5
       3.081  world   request 2 done: new
       3.082  node 1  answers (3): done, index 6
       3.082  world   request 3 done: OK
status
       3.626  node 1  follower in term 3, log up to 6 of term 3, on disk 6, committed 6
       3.626  node 2  follower in term 3, log up to 6 of term 3, on disk 6, committed 6
       3.626  node 3  leader in term 3, log up to 6 of term 3, on disk 6, committed 6
