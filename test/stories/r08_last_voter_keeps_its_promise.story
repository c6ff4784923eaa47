# R8. Leader 2 removes itself from the voters 1 and 2. Node 1 has the entry and starts again; by its
# newest membership it is the only voter. But leader 2 does not know yet that the entry is
# committed, and relies on the promise of node 1. So node 1 waits for its end before it leads.

nodes 2
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 2
       0.050  node 2  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 2  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 1  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 2  is leader in term 2, leader 2, log up to 2, committed 0
set 2 key0 old
       0.056  node 2  is asked (1): SET key0 old (3 bytes)
run 200
       0.057  node 1  is follower in term 2, leader 2, log up to 2, committed 0
       0.059  node 2  commits up to 2
       0.062  node 2  commits up to 3
       0.062  node 2  answers (1): done, index 3
       0.062  world   request 1 done: OK
get 2 key0 lease
       0.256  node 2  is asked (2): GET key0
run 300
       0.260  node 2  answers (2): done, index 3
       0.260  world   request 2 done: old
lease 2
       0.556  node 2  its lease: 800 ms are left
messages on
change 2 remove 2
run 5
       0.556  node 2  is leader in term 2, leader 2, log up to 4, committed 3
       0.556  node 2  to 1, term 2: append 1 after 3 of term 2, committed is 3
       0.557  node 1  to 2, term 2: have up to 3
       0.557  node 1  is follower in term 2, leader 2, log up to 4, committed 3
       0.558  node 1  to 2, term 2: have up to 4
       0.559  node 2  is leader in term 2, leader 2, log up to 5, committed 4
       0.559  node 2  commits up to 4
       0.559  node 2  to 1, term 2: append 1 after 4 of term 2, committed is 4
       0.560  node 1  is follower in term 2, leader 2, log up to 5, committed 4
messages off
isolate 2
members 1
       0.561  node 1  members of entry 5, not committed: 1 votes
members 2
       0.561  node 2  members of entry 5, not committed: 1 votes
kill 1
       0.561  node 1  is killed
start 1
       0.561  node 1  starts: term 2, vote 2, snapshot of 0, log 1 to 5
run 600
lease 2
       1.161  node 2  its lease: 295 ms are left
status
       1.161  node 1  follower in term 2, log up to 5 of term 2, on disk 5, committed 0
       1.161  node 2  leader in term 2, log up to 5 of term 2, on disk 5, committed 4
get 2 key0 lease
       1.161  node 2  is asked (3): GET key0
run 10
       1.161  node 2  answers (3): done, index 4
       1.161  world   request 3 done: old
run 1500
       1.561  node 1  is candidate in term 3, leader 0, log up to 5, committed 0
       1.562  node 1  is leader in term 3, leader 1, log up to 6, committed 0
       1.563  node 1  commits up to 6
       1.656  node 2  is learner in term 2, leader 0, log up to 5, committed 4
lease 2
       2.671  node 2  its lease: 0 ms are left
status
       2.671  node 1  leader in term 3, log up to 6 of term 3, on disk 6, committed 6
       2.671  node 2  learner in term 2, log up to 5 of term 2, on disk 5, committed 4
