# The leader hears node 2, but node 2 does not hear the leader. The leader has a quorum with node 3
# and stays; node 2 asks in vain, because node 3 hears a leader.

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
run 20
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
cut 1 -> 2
run 5000
       2.011  node 2  is pre-candidate in term 2, leader 0, log up to 2, committed 0
set 1 key0 x
       5.076  node 1  is asked (1): SET key0 x (1 bytes)
run 50
       5.079  node 1  commits up to 3
       5.079  node 1  answers (1): done, index 3
       5.079  world   request 1 done: OK
status
       5.126  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
       5.126  node 2  pre-candidate in term 2, log up to 2 of term 2, on disk 2, committed 0
       5.126  node 3  follower in term 2, log up to 3 of term 2, on disk 3, committed 2
heal
run 500
       5.157  node 2  is follower in term 2, leader 1, log up to 2, committed 2
status
       5.626  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
       5.626  node 2  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
       5.626  node 3  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
