# T51. Node 2 forwards a command to its leader, and the answer is lost with the leader. The command
# may have been carried out, so node 2 does not send it again on its own in that term: the counter
# is incremented once. When an entry of the next term is applied, node 2 knows the outcome.

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
cut 1 -> 2
incr 2 key0
       0.156  node 2  is asked (1): INCRBY key0 1
run 20
       0.161  node 1  commits up to 3
status
       0.176  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
       0.176  node 2  follower in term 2, log up to 2 of term 2, on disk 2, committed 0
       0.176  node 3  follower in term 2, log up to 3 of term 2, on disk 3, committed 2
isolate 1
run 4000
       1.256  node 1  is follower in term 2, leader 0, log up to 3, committed 3
       1.509  node 3  is pre-candidate in term 2, leader 0, log up to 3, committed 2
       1.511  node 3  is candidate in term 3, leader 0, log up to 3, committed 2
       1.513  node 2  is follower in term 3, leader 0, log up to 2, committed 0
       1.515  node 3  is leader in term 3, leader 3, log up to 4, committed 2
       1.516  node 2  is follower in term 3, leader 3, log up to 2, committed 0
       1.521  node 3  commits up to 4
       1.616  node 2  answers (1): done, index 3
       1.616  world   request 1 done: 1
       3.052  node 1  is pre-candidate in term 2, leader 0, log up to 3, committed 3
get 3 key0
       4.176  node 3  is asked (2): GET key0
run 50
       4.178  node 3  answers (2): done, index 4
       4.178  world   request 2 done: 1
heal
run 500
       4.316  node 1  is follower in term 3, leader 3, log up to 3, committed 3
get 1 key0
       4.726  node 1  is asked (3): GET key0
run 50
       4.730  node 1  answers (3): done, index 4
       4.730  world   request 3 done: 1
