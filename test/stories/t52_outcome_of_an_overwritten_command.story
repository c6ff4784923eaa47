# T52. A follower forwards a command, and the leader is cut off before anybody else has it. When an
# entry of the next term is applied, it is certain that the command never will be: the follower
# proposes it again, and its client is answered.

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
cut 1 -> 3
set 2 key0 a
       0.076  node 2  is asked (1): SET key0 a (1 bytes)
run 2500
       1.156  node 1  is follower in term 2, leader 0, log up to 3, committed 2
       1.595  node 3  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       1.597  node 3  is candidate in term 3, leader 0, log up to 2, committed 0
       1.599  node 1  is follower in term 3, leader 0, log up to 3, committed 2
       1.599  node 2  is follower in term 3, leader 0, log up to 2, committed 0
       1.601  node 3  is leader in term 3, leader 3, log up to 3, committed 0
       1.602  node 1  is follower in term 3, leader 3, log up to 3, committed 2
       1.602  node 2  is follower in term 3, leader 3, log up to 3, committed 0
       1.605  node 3  commits up to 3
       1.716  node 3  commits up to 4
       1.717  node 2  answers (1): done, index 4
       1.717  world   request 1 done: OK
status
       2.576  node 1  follower in term 3, log up to 3 of term 3, on disk 3, committed 3
       2.576  node 2  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
       2.576  node 3  leader in term 3, log up to 4 of term 3, on disk 4, committed 4
run 500
get 3 key0
       3.076  node 3  is asked (2): GET key0
run 50
       3.078  node 3  answers (2): done, index 4
       3.078  world   request 2 done: a
