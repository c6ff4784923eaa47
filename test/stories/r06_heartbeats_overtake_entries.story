# R6. A value takes three election time-outs on the wire. Heartbeats have a lane of their own and
# overtake it, so nobody campaigns, the leader stays the same, and the value is committed.

nodes 3 bandwidth=40 queue-bytes=4000000 inflight-bytes=4000000 request-ms=20000
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.053  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.056  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.059  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 200
       0.064  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.064  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.069  node 1  commits up to 2
set 1 key0 a 120000
       0.259  node 1  is asked (1): SET key0 aaaaaaaaaaaa... (120000 bytes)
run 2500
status
       2.759  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 2
       2.759  node 2  follower in term 2, log up to 2 of term 2, on disk 2, committed 2
       2.759  node 3  follower in term 2, log up to 2 of term 2, on disk 2, committed 2
run 3000
       3.328  node 1  commits up to 3
       3.328  node 1  answers (1): done, index 3
       3.328  world   request 1 done: OK
status
       5.759  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
       5.759  node 2  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
       5.759  node 3  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
get 3 key0
       5.759  node 3  is asked (2): GET key0
run 4000
       5.769  node 3  answers (2): done, index 3
       5.769  world   request 2 done: aaaa... (120000 bytes)
