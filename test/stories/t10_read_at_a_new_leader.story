# T10. Node 2 becomes leader, and the disks of the others hang before they have the first entry of
# its term. Node 2 knows that it leads, but not how much of its log is committed. Reads wait until
# that entry is committed.

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
set 1 key0 a
       0.056  node 1  is asked (1): SET key0 a (1 bytes)
run 100
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
handover 1 2
run 4
       0.156  node 1  is leader in term 2, leader 1, log up to 3, committed 3
       0.156  node 1  answers the operator: leadership is being handed over
       0.157  node 2  is candidate in term 3, leader 0, log up to 3, committed 3
       0.159  node 3  is follower in term 3, leader 0, log up to 3, committed 3
       0.159  node 1  is follower in term 3, leader 0, log up to 3, committed 3
stall 1 2000
stall 3 2000
run 20
       0.162  node 2  is leader in term 3, leader 2, log up to 4, committed 3
       0.163  node 3  is follower in term 3, leader 2, log up to 4, committed 3
       0.163  node 1  is follower in term 3, leader 2, log up to 4, committed 3
status
       0.180  node 1  follower in term 3, log up to 4 of term 3, on disk 3, committed 3
       0.180  node 2  leader in term 3, log up to 4 of term 3, on disk 4, committed 3
       0.180  node 3  follower in term 3, log up to 4 of term 3, on disk 3, committed 3
get 2 key0
       0.180  node 2  is asked (2): GET key0
get 3 key0
       0.180  node 3  is asked (3): GET key0
run 900
status
       1.080  node 1  follower in term 3, log up to 4 of term 3, on disk 3, committed 3
       1.080  node 2  leader in term 3, log up to 4 of term 3, on disk 4, committed 3
       1.080  node 3  follower in term 3, log up to 4 of term 3, on disk 3, committed 3
run 2000
       2.165  node 2  commits up to 4
       2.167  node 2  answers (2): done, index 4
       2.167  world   request 2 done: a
       2.168  node 3  answers (3): done, index 4
       2.168  world   request 3 done: a
status
       3.080  node 1  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
       3.080  node 2  leader in term 3, log up to 4 of term 3, on disk 4, committed 4
       3.080  node 3  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
