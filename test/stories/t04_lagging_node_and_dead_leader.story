# T4. A node that missed two terms starts again just as the leader dies. Its term is lower and its
# log is shorter, and the other node needs its vote. It learns the term from the refusal of its
# pre-vote, and the quorum elects a leader.

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
run 50
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
kill 3
       0.106  node 3  is killed
handover 1 2
run 100
       0.106  node 1  is leader in term 2, leader 1, log up to 2, committed 2
       0.106  node 1  answers the operator: leadership is being handed over
       0.107  node 2  is candidate in term 3, leader 0, log up to 2, committed 0
       0.109  node 1  is follower in term 3, leader 0, log up to 2, committed 2
       0.111  node 2  is leader in term 3, leader 2, log up to 3, committed 0
       0.112  node 1  is follower in term 3, leader 2, log up to 3, committed 2
       0.115  node 2  commits up to 3
handover 2 1
run 100
       0.206  node 2  is leader in term 3, leader 2, log up to 3, committed 3
       0.206  node 2  answers the operator: leadership is being handed over
       0.207  node 1  is candidate in term 4, leader 0, log up to 3, committed 2
       0.210  node 2  is follower in term 4, leader 0, log up to 3, committed 3
       0.212  node 1  is leader in term 4, leader 1, log up to 4, committed 2
       0.213  node 2  is follower in term 4, leader 1, log up to 4, committed 3
       0.215  node 1  commits up to 4
set 1 key0 a
       0.306  node 1  is asked (1): SET key0 a (1 bytes)
run 100
       0.310  node 1  commits up to 5
       0.310  node 1  answers (1): done, index 5
       0.310  world   request 1 done: OK
kill 1
       0.406  node 1  is killed
start 3
       0.406  node 3  starts: term 2, vote 1, snapshot of 0, log 1 to 2
run 1000
messages on
campaign 3
run 50
       1.406  node 3  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       1.406  node 3  to 2, term 3: would you vote for me, my log ends with 2 of term 2
       1.407  node 2  to 3, term 4: no, if it came to it
       1.409  node 3  is follower in term 4, leader 0, log up to 2, committed 0
       1.429  node 2  is pre-candidate in term 4, leader 0, log up to 5, committed 5
       1.429  node 2  to 3, term 5: would you vote for me, my log ends with 5 of term 4
       1.430  node 3  to 2, term 5: yes, if it came to it
       1.431  node 2  is candidate in term 5, leader 0, log up to 5, committed 5
       1.432  node 2  to 3, term 5: vote for me, my log ends with 5 of term 4
       1.433  node 3  is follower in term 5, leader 0, log up to 2, committed 0
       1.434  node 3  to 2, term 5: yes
       1.435  node 2  is leader in term 5, leader 2, log up to 6, committed 5
       1.435  node 2  to 3, term 5: append 1 after 5 of term 4, committed is 5
       1.436  node 3  is follower in term 5, leader 2, log up to 2, committed 0
       1.436  node 3  to 2, term 5: refuse after 5
       1.438  node 2  to 3, term 5: append 4 after 2 of term 2, committed is 5
       1.439  node 3  to 2, term 5: have up to 2
       1.440  node 3  to 2, term 5: have up to 6
       1.441  node 2  commits up to 6
messages off
run 5000
status
       6.456  node 1  is down
       6.456  node 2  leader in term 5, log up to 6 of term 5, on disk 6, committed 6
       6.456  node 3  follower in term 5, log up to 6 of term 5, on disk 6, committed 6
