# R5. The link to a follower breaks, and the value that is written then takes 2.5 seconds on the wire
# of the new connection. The leader asks where the logs agree, and takes the value along once. Its
# heartbeats ask for what has arrived, and do not send the value again.

nodes 3 bandwidth=40 queue-bytes=4000000 inflight-bytes=4000000
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
reset 1 3
set 1 key0 a 100000
       0.259  node 1  is asked (1): SET key0 aaaaaaaaaaaa... (100000 bytes)
messages on
run 450
       0.259  node 1  to 2, term 2: append 1 after 2 of term 2, committed is 2
       0.259  node 1  to 3, term 2: append 1 after 2 of term 2, committed is 2
       0.262  node 2  to 1, term 2: have up to 2
       0.298  node 1  to 3, term 2: append 1 after 2 of term 2, committed is 2
       0.298  node 1  to 3, term 2: append 0 after 2 of term 2, committed is 2
       0.359  node 1  to 2, term 2: append 0 after 2 of term 2, committed is 2
       0.359  node 1  to 2, term 2: append 0 after 3 of term 2, committed is 2
       0.359  node 1  to 3, term 2: append 0 after 2 of term 2, committed is 2
       0.364  node 2  to 1, term 2: have up to 2
       0.401  node 3  to 1, term 2: have up to 2
       0.403  node 3  to 1, term 2: have up to 2
       0.459  node 1  to 2, term 2: append 0 after 2 of term 2, committed is 2
       0.459  node 1  to 2, term 2: append 0 after 3 of term 2, committed is 2
       0.459  node 1  to 3, term 2: append 0 after 2 of term 2, committed is 2
       0.459  node 1  to 3, term 2: append 0 after 3 of term 2, committed is 2
       0.466  node 2  to 1, term 2: have up to 2
       0.505  node 3  to 1, term 2: have up to 2
       0.559  node 1  to 2, term 2: append 0 after 2 of term 2, committed is 2
       0.559  node 1  to 2, term 2: append 0 after 3 of term 2, committed is 2
       0.559  node 1  to 3, term 2: append 0 after 2 of term 2, committed is 2
       0.559  node 1  to 3, term 2: append 0 after 3 of term 2, committed is 2
       0.568  node 2  to 1, term 2: have up to 2
       0.607  node 3  to 1, term 2: have up to 2
       0.659  node 1  to 2, term 2: append 0 after 2 of term 2, committed is 2
       0.659  node 1  to 2, term 2: append 0 after 3 of term 2, committed is 2
       0.659  node 1  to 3, term 2: append 0 after 2 of term 2, committed is 2
       0.659  node 1  to 3, term 2: append 0 after 3 of term 2, committed is 2
       0.669  node 2  to 1, term 2: have up to 2
       0.709  node 3  to 1, term 2: have up to 2
messages off
run 5000
       2.818  node 1  commits up to 3
       2.818  node 1  answers (1): done, index 3
       2.818  world   request 1 done: OK
status
       5.709  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
       5.709  node 2  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
       5.709  node 3  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
