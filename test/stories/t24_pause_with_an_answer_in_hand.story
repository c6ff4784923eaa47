# T24. Leader 1 checks its lease, reads the value, and is stopped before it answers. When it goes on,
# another leader has been elected and has acknowledged a newer value. Node 1 looks at its lease again
# after the answer was computed, so it does not give the old one: it asks for the value anew.

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
run 100
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
get 1 key0 lease
       0.156  node 1  is asked (2): GET key0
run 200
       0.159  node 1  answers (2): done, index 3
       0.159  world   request 2 done: old
lease 1
       0.356  node 1  its lease: 800 ms are left
pause 1 3000 answer
get 1 key0 lease
       0.356  node 1  is asked (3): GET key0
run 2500
       0.356  node 1  has an answer in hand, and
       0.356  node 1  is paused
       1.477  node 3  is pre-candidate in term 2, leader 0, log up to 3, committed 3
       1.479  node 3  is candidate in term 3, leader 0, log up to 3, committed 3
       1.481  node 2  is follower in term 3, leader 0, log up to 3, committed 3
       1.483  node 3  is leader in term 3, leader 3, log up to 4, committed 3
       1.484  node 2  is follower in term 3, leader 3, log up to 4, committed 3
       1.487  node 3  commits up to 4
status
       2.856  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
       2.856  node 2  follower in term 3, log up to 4 of term 3, on disk 4, committed 4
       2.856  node 3  leader in term 3, log up to 4 of term 3, on disk 4, committed 4
set 2 key0 new
       2.856  node 2  is asked (4): SET key0 new (3 bytes)
run 50
       2.861  node 3  commits up to 5
       2.862  node 2  answers (4): done, index 5
       2.862  world   request 4 done: OK
run 1500
       3.356  node 1  is follower in term 3, leader 3, log up to 4, committed 4
       3.361  node 1  answers (3): done, index 5
       3.361  world   request 3 done: new
