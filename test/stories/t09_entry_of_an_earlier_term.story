# T9. Figure 8 of the Raft paper. Node 1 leads term 2, and only node 2 gets its entry 3. Node 5
# leads term 3, and only it has another entry 3. Node 1 leads again, in term 4, and copies its old
# entry 3 to nodes 3 and 4. A majority has this entry now, but it is not committed: node 5, whose
# entry 3 is of a later term, is elected and replaces it. The batches are small, so that entry 4
# does not travel with entry 3, and what node 1 sends later is lost.

nodes 5 batch-bytes=200 inflight=1
       0.000  node 1  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 2  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 3  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 4  starts: term 1, vote 0, snapshot of 0, log 1 to 1
       0.000  node 5  starts: term 1, vote 0, snapshot of 0, log 1 to 1
elect 1
       0.050  node 1  is pre-candidate in term 1, leader 0, log up to 1, committed 0
       0.052  node 1  is candidate in term 2, leader 0, log up to 1, committed 0
       0.054  node 2  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 3  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 4  is follower in term 2, leader 0, log up to 1, committed 0
       0.054  node 5  is follower in term 2, leader 0, log up to 1, committed 0
       0.056  node 1  is leader in term 2, leader 1, log up to 2, committed 0
run 100
       0.057  node 4  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 5  is follower in term 2, leader 1, log up to 2, committed 0
       0.059  node 1  commits up to 2
cut 1 3
cut 1 4
cut 1 5
set 1 key0 old 300
       0.156  node 1  is asked (1): SET key0 oooooooooooo... (300 bytes)
run 20
kill 1
       0.176  node 1  is killed
kill 2
       0.176  node 2  is killed
run 1017
       0.187  world   request 1 may have been carried out, or may be later
       1.188  node 5  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       1.190  node 5  is candidate in term 3, leader 0, log up to 2, committed 0
       1.192  node 3  is follower in term 3, leader 0, log up to 2, committed 0
       1.192  node 4  is follower in term 3, leader 0, log up to 2, committed 0
cut 5 -> 3
cut 5 -> 4
run 10
       1.194  node 5  is leader in term 3, leader 5, log up to 3, committed 0
log 5
       1.203  node 5  log: 1 members of 1, 2 no-op of 2, 3 no-op of 3
kill 5
       1.203  node 5  is killed
heal
start 1
       1.203  node 1  starts: term 2, vote 1, snapshot of 0, log 1 to 3
run 100
campaign 1
run 10
       1.303  node 1  is pre-candidate in term 2, leader 0, log up to 3, committed 0
       1.305  node 1  is follower in term 3, leader 0, log up to 3, committed 0
elect 1
       1.313  node 1  is pre-candidate in term 3, leader 0, log up to 3, committed 0
       1.316  node 1  is candidate in term 4, leader 0, log up to 3, committed 0
       1.318  node 4  is follower in term 4, leader 0, log up to 2, committed 0
       1.318  node 3  is follower in term 4, leader 0, log up to 2, committed 0
       1.320  node 1  is leader in term 4, leader 1, log up to 4, committed 0
messages on
run 5
       1.321  node 3  is follower in term 4, leader 1, log up to 2, committed 0
       1.321  node 3  to 1, term 4: refuse after 3
       1.321  node 4  is follower in term 4, leader 1, log up to 2, committed 0
       1.321  node 4  to 1, term 4: refuse after 3
       1.322  node 1  to 3, term 4: append 1 after 2 of term 2, committed is 0
       1.322  node 1  to 4, term 4: append 1 after 2 of term 2, committed is 0
       1.323  node 3  to 1, term 4: have up to 2
       1.324  node 4  to 1, term 4: have up to 2
       1.325  node 3  to 1, term 4: have up to 3
       1.325  node 4  to 1, term 4: have up to 3
cut 1 -> 3
cut 1 -> 4
run 5
       1.326  node 1  to 3, term 4: append 1 after 3 of term 2, committed is 0
       1.326  node 1  to 4, term 4: append 1 after 3 of term 2, committed is 0
messages off
status
       1.330  node 1  leader in term 4, log up to 4 of term 4, on disk 4, committed 0
       1.330  node 2  is down
       1.330  node 3  follower in term 4, log up to 3 of term 2, on disk 3, committed 0
       1.330  node 4  follower in term 4, log up to 3 of term 2, on disk 3, committed 0
       1.330  node 5  is down
log 3
       1.330  node 3  log: 1 members of 1, 2 no-op of 2, 3 command of 2
kill 1
       1.330  node 1  is killed
heal
start 5
       1.330  node 5  starts: term 3, vote 5, snapshot of 0, log 1 to 3
run 100
campaign 5
run 10
       1.430  node 5  is pre-candidate in term 3, leader 0, log up to 3, committed 0
       1.432  node 5  is follower in term 4, leader 0, log up to 3, committed 0
elect 5
       1.440  node 5  is pre-candidate in term 4, leader 0, log up to 3, committed 0
       1.442  node 5  is candidate in term 5, leader 0, log up to 3, committed 0
       1.445  node 3  is follower in term 5, leader 0, log up to 3, committed 0
       1.445  node 4  is follower in term 5, leader 0, log up to 3, committed 0
       1.447  node 5  is leader in term 5, leader 5, log up to 4, committed 0
run 50
       1.448  node 3  is follower in term 5, leader 5, log up to 3, committed 0
       1.448  node 4  is follower in term 5, leader 5, log up to 3, committed 0
       1.453  node 5  commits up to 4
log 3
       1.497  node 3  log: 1 members of 1, 2 no-op of 2, 3 no-op of 3, 4 no-op of 5
start 1
       1.497  node 1  starts: term 4, vote 1, snapshot of 0, log 1 to 4
run 500
       1.506  node 1  is follower in term 5, leader 5, log up to 4, committed 1
get 1 key0
       1.997  node 1  is asked (2): GET key0
run 50
       2.001  node 1  answers (2): done, index 4
       2.001  world   request 2 done: nothing
