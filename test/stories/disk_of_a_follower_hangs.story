# The disk of a follower hangs: it acknowledges nothing meanwhile, and a quorum of the others goes on
# without it. When the disk answers, it has everything.

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
stall 3 2000
set 1 key0 a
       0.076  node 1  is asked (1): SET key0 a (1 bytes)
run 100
       0.079  node 1  commits up to 3
       0.079  node 1  answers (1): done, index 3
       0.079  world   request 1 done: OK
status
       0.176  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
       0.176  node 2  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
       0.176  node 3  follower in term 2, log up to 3 of term 2, on disk 2, committed 2
get 3 key0
       0.176  node 3  is asked (2): GET key0
run 2500
       0.181  node 3  answers (2): done, index 3
       0.181  world   request 2 done: a
status
       2.676  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
       2.676  node 2  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
       2.676  node 3  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
