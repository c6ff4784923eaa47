# T7. Node 2 has an entry in memory that its disk does not have yet, and its leader dies. It asks for
# votes only when the entry and its own vote are on its disk: the votes count that log.

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
run 100
       0.057  node 2  is follower in term 2, leader 1, log up to 2, committed 0
       0.057  node 3  is follower in term 2, leader 1, log up to 2, committed 0
       0.060  node 1  commits up to 2
stall 2 2500
cut 1 3
set 1 key0 a
       0.156  node 1  is asked (1): SET key0 a (1 bytes)
run 5
kill 1
       0.161  node 1  is killed
heal
status
       0.161  node 1  is down
       0.161  node 2  follower in term 2, log up to 3 of term 2, on disk 2, committed 2
       0.161  node 3  follower in term 2, log up to 2 of term 2, on disk 2, committed 0
run 1200
       0.183  world   request 1 may have been carried out, or may be later
messages on
campaign 2
run 1400
       1.361  node 2  is pre-candidate in term 2, leader 0, log up to 3, committed 2
       1.361  node 2  to 3, term 3: would you vote for me, my log ends with 3 of term 2
       1.362  node 3  to 2, term 3: yes, if it came to it
       1.363  node 2  is candidate in term 3, leader 0, log up to 3, committed 2
       1.595  node 3  is pre-candidate in term 2, leader 0, log up to 2, committed 0
       1.595  node 3  to 2, term 3: would you vote for me, my log ends with 2 of term 2
       2.458  node 2  is pre-candidate in term 3, leader 0, log up to 3, committed 2
       2.458  node 2  to 3, term 4: would you vote for me, my log ends with 3 of term 2
       2.459  node 3  to 2, term 4: yes, if it came to it
       2.460  node 2  is candidate in term 4, leader 0, log up to 3, committed 2
       2.659  node 2  to 3, term 3: vote for me, my log ends with 3 of term 2
       2.659  node 2  to 3, term 3: no, if it came to it
       2.659  node 2  to 3, term 4: vote for me, my log ends with 3 of term 2
       2.660  node 3  is follower in term 4, leader 0, log up to 2, committed 0
       2.661  node 3  to 2, term 3: yes
       2.661  node 3  to 2, term 4: yes
       2.663  node 2  is leader in term 4, leader 2, log up to 4, committed 2
       2.663  node 2  to 3, term 4: append 1 after 3 of term 2, committed is 2
       2.664  node 3  is follower in term 4, leader 2, log up to 2, committed 0
       2.664  node 3  to 2, term 4: refuse after 3
       2.665  node 2  to 3, term 4: append 2 after 2 of term 2, committed is 2
       2.666  node 3  to 2, term 4: have up to 2
       2.667  node 3  to 2, term 4: have up to 4
       2.668  node 2  commits up to 4
messages off
status
       2.761  node 1  is down
       2.761  node 2  leader in term 4, log up to 4 of term 4, on disk 4, committed 4
       2.761  node 3  follower in term 4, log up to 4 of term 4, on disk 4, committed 2
