# Node 2 has forwarded a command to the leader, and is asked to stop before it is committed, because
# two disks hang. It waits for the outcome, and then it ends: its client knows what became of the
# command.

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
stall 1 400
stall 3 400
set 2 key0 a
       0.156  node 2  is asked (1): SET key0 a (1 bytes)
run 10
stop 2
       0.166  node 2  is asked to stop
run 200
run 800
       0.558  node 1  commits up to 3
       0.559  node 2  answers (1): done, index 3
       0.559  node 2  stops
       0.559  world   request 1 done: OK
status
       1.166  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
       1.166  node 2  is down
       1.166  node 3  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
