# R10. All machines are suspended together, as when their hypervisor sleeps: their clocks stand still
# with them. For them no time has passed: the leader stays in office, its lease is as true as before,
# and what was on its way arrives. Then one follower alone is suspended, and comes back late.

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
run 200
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
       0.061  node 1  commits up to 3
       0.061  node 1  answers (1): done, index 3
       0.061  world   request 1 done: OK
get 1 key0 lease
       0.256  node 1  is asked (2): GET key0
run 300
       0.259  node 1  answers (2): done, index 3
       0.259  world   request 2 done: old
suspend all 10000
       0.556  node 1  is suspended, and its clock stands still
       0.556  node 2  is suspended, and its clock stands still
       0.556  node 3  is suspended, and its clock stands still
run 10001
lease 1
      10.557  node 1  its lease: 799 ms are left
get 1 key0 lease
      10.557  node 1  is asked (3): GET key0
run 300
      10.557  node 1  answers (3): done, index 3
      10.557  world   request 3 done: old
status
      10.857  node 1  leader in term 2, log up to 3 of term 2, on disk 3, committed 3
      10.857  node 2  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
      10.857  node 3  follower in term 2, log up to 3 of term 2, on disk 3, committed 3
suspend 3 5000
      10.857  node 3  is suspended, and its clock stands still
set 1 key0 new
      10.857  node 1  is asked (4): SET key0 new (3 bytes)
run 5500
      10.861  node 1  commits up to 4
      10.861  node 1  answers (4): done, index 4
      10.861  world   request 4 done: OK
get 3 key0 lease
      16.357  node 3  is asked (5): GET key0
run 50
      16.359  node 3  answers (5): done, index 4
      16.359  world   request 5 done: new
status
      16.407  node 1  leader in term 2, log up to 4 of term 2, on disk 4, committed 4
      16.407  node 2  follower in term 2, log up to 4 of term 2, on disk 4, committed 4
      16.407  node 3  follower in term 2, log up to 4 of term 2, on disk 4, committed 4
