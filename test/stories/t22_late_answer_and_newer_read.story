# T22. Node 3 asks the leader how far a read must see, and the answer is late. Meanwhile a write is
# acknowledged, and a newer read arrives at node 3. The late answer confirms the older read at most:
# the newer one waits for an answer to its own question, and sees the write.

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
hold 1 -> 3
get 3 key0
       0.256  node 3  is asked (2): GET key0
run 20
set 1 key0 new
       0.276  node 1  is asked (3): SET key0 new (3 bytes)
run 20
       0.280  node 1  commits up to 4
       0.280  node 1  answers (3): done, index 4
       0.280  world   request 3 done: OK
get 3 key0
       0.296  node 3  is asked (4): GET key0
run 150
messages on
heal 1 3
run 5
       0.446  node 3  to 1, term 2: have up to 3
       0.446  node 3  to 1, term 2: have up to 3
       0.446  node 3  to 1, term 2: have up to 3
       0.446  node 3  answers (2): done, index 3
       0.446  world   request 2 done: old
       0.446  node 3  to 1, term 2: how far must a read see
       0.447  node 3  to 1, term 2: have up to 4
       0.447  node 1  to 2, term 2: append 0 after 4 of term 2, committed is 4
       0.448  node 2  to 1, term 2: have up to 4
       0.450  node 1  to 3, term 2: a read must see 4
       0.450  node 1  to 3, term 2: append 0 after 4 of term 2, committed is 4
       0.451  node 3  to 1, term 2: have up to 4
       0.451  node 3  answers (4): done, index 4
       0.451  world   request 4 done: new
messages off
run 500
