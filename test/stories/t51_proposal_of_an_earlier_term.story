# T51. Node 2 forwards a command to leader 1 in term 2, and the message is late: node 3 has led in
# term 3, and node 1 leads again in term 4 when it arrives. Node 1 does not append it: node 2 has
# seen an entry of a later term, knows that the command is lost, and has sent it again. So the
# counter is incremented once.

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
run 200
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
hold 2 -> 1
incr 2 key0
       0.256  node 2  is asked (1): INCRBY key0 1
run 5
handover 1 3
run 100
       0.261  node 1  is leader in term 2, leader 1, log up to 2, committed 2
       0.261  node 1  answers the operator: leadership is being handed over
       0.262  node 3  is candidate in term 3, leader 0, log up to 2, committed 2
       0.264  node 1  is follower in term 3, leader 0, log up to 2, committed 2
       0.264  node 2  is follower in term 3, leader 0, log up to 2, committed 2
       0.267  node 3  is leader in term 3, leader 3, log up to 3, committed 2
       0.268  node 2  is follower in term 3, leader 3, log up to 3, committed 2
       0.268  node 1  is follower in term 3, leader 3, log up to 3, committed 2
       0.270  node 3  commits up to 3
handover 3 1
run 100
       0.361  node 3  is leader in term 3, leader 3, log up to 3, committed 3
       0.361  node 3  answers the operator: leadership is being handed over
       0.362  node 1  is candidate in term 4, leader 0, log up to 3, committed 2
       0.364  node 2  is follower in term 4, leader 0, log up to 3, committed 2
       0.365  node 3  is follower in term 4, leader 0, log up to 3, committed 3
       0.367  node 1  is leader in term 4, leader 1, log up to 4, committed 2
       0.368  node 3  is follower in term 4, leader 1, log up to 4, committed 3
       0.368  node 2  is follower in term 4, leader 1, log up to 4, committed 2
       0.370  node 1  commits up to 4
status
       0.461  node 1  leader in term 4, log up to 4 of term 4, on disk 4, committed 4
       0.461  node 2  follower in term 4, log up to 4 of term 4, on disk 4, committed 2
       0.461  node 3  follower in term 4, log up to 4 of term 4, on disk 4, committed 3
heal 2 1
run 300
       0.476  node 1  commits up to 5
       0.477  node 2  answers (1): done, index 5
       0.477  world   request 1 done: 1
get 3 key0
       0.761  node 3  is asked (2): GET key0
run 50
       0.766  node 3  answers (2): done, index 5
       0.766  world   request 2 done: 1
